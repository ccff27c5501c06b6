import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Versions of Go whose runtime/pprof wrote the profiles of fixtures/profiles. */
export const versions = ['1.21.13', '1.24.13', '1.27.3'] as const;

const directory = fileURLToPath(new URL('../../../fixtures/profiles/', import.meta.url));

/** A file of fixtures/profiles, by its path there. */
export function profileFixture(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(directory + path));
}

/** Paths of all profiles in protobuf form that real programs wrote. */
export const protoFixtures: readonly string[] = versions.flatMap((version) =>
  readdirSync(`${directory}go${version}`)
    .filter((name) => name.endsWith('.pb.gz'))
    .map((name) => `go${version}/${name}`),
);

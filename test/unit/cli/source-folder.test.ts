import { expect, test } from 'vitest';
import type { CliIo } from '../../../src/cli/io.ts';
import { SourceFolder } from '../../../src/cli/source-folder.ts';
import { readGoModule } from '../../../src/go/go-module.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';

const asked: string[] = [];
const io: CliIo = {
  readFile: (path) => {
    asked.push(path);
    return Promise.reject(new Error('no such file'));
  },
  readStdin: () => Promise.resolve(new Uint8Array(0)),
  writeFile: () => Promise.resolve(),
  stdout: () => undefined,
  stderr: () => undefined,
};
const module = readGoModule(readModule(fixtureBytes(fixture({ family: 'goroutines', goVersion: '1.27.3' }))));

test.each([
  ['example.com/fixtures/a/b.go', ['src/a/b.go', 'src/example.com/fixtures/a/b.go']],
  ['sync/cond.go', ['src/sync/cond.go']],
  ['/builds/app/main.go', ['src/builds/app/main.go', 'src/app/main.go', 'src/main.go']],
  ['C:\\app\\main.go', ['src/C:/app/main.go', 'src/app/main.go', 'src/main.go']],
  ['example.com/fixtures/../../../secret.go', []],
  ['..\\secret.go', []],
  ['', []],
])('%s', async (file, paths) => {
  if (module === undefined) throw new Error('not Go');
  asked.length = 0;
  const folder = new SourceFolder(io, 'src', module);
  const found = await folder.signaturesOf(file);
  expect(found).toEqual({ ok: false, why: expect.stringContaining('in src') as string });
  expect(asked).toEqual(paths);
  await folder.signaturesOf(file);
  expect(asked).toEqual(paths);
});

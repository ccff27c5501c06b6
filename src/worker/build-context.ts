import { findBuildInfoText, parseBuildInfo, type BuildInfo } from '../go/build-info.ts';
import type { ProgramCode } from '../go/runtime/program.ts';
import type { BuildContext } from '../gosource/build-context.ts';

/** What a module of standard Go says of how it was built. */
export interface BuildFacts {
  readonly context: BuildContext;
  /** Its package main was made of files that the command named, and not of a directory: any others there are none of it. */
  readonly isOfNamedFiles: boolean;
}

/** Go src/cmd/go/internal/load/pkg.go (1.27), GoFilesPackage: the path of such a package. */
const NAMED_FILES = 'command-line-arguments';

/** Never throws. */
export function buildFacts({ module, minor }: ProgramCode): BuildFacts {
  const text = findBuildInfoText(module.image);
  const info = text === undefined ? undefined : parseBuildInfo(text);
  const cgo = settingOf(info, 'CGO_ENABLED');
  const isWasi = module.wasm.imports.some((one) => one.module === 'wasi_snapshot_preview1');
  return {
    context: {
      goos: (settingOf(info, 'GOOS') ?? (isWasi ? 'wasip1' : 'js')) === 'wasip1' ? 'wasip1' : 'js',
      minor,
      isExact: module.version.minor !== undefined,
      // Go notes tags only where it notes settings at all.
      tags: cgo === undefined ? null : new Set((settingOf(info, '-tags') ?? '').split(/[\s,]+/)),
      cgo: cgo === undefined ? null : cgo !== '0',
    },
    isOfNamedFiles: info?.path === NAMED_FILES || info === undefined,
  };
}

const settingOf = (info: BuildInfo | undefined, key: string): string | undefined =>
  info?.settings.find((one) => one.key === key)?.value;

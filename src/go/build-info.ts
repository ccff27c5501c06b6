import { address } from '../base/units.ts';
import { utf8 } from '../wasm/byte-reader.ts';
import type { DataImage } from '../wasm/image.ts';
import { customSection, type WasmModule } from '../wasm/module.ts';

// What `go build` records of itself. The linker puts runtime.modinfo into the data: text between two marks of 16 bytes (Go
// src/cmd/go/internal/modload/build.go, ModInfoData; format of the text: src/runtime/debug/mod.go). The id of the build is a custom
// section of its own (Go src/cmd/link/internal/wasm/asm.go, writeBuildID).

export interface BuildInfo {
  /** Import path of package main. */
  readonly path: string | null;
  readonly main: GoModuleVersion | null;
  readonly deps: readonly GoModuleVersion[];
  /** In the order of the text: `-ldflags`, `GOOS`, `vcs.revision`... */
  readonly settings: readonly { readonly key: string; readonly value: string }[];
}

export interface GoModuleVersion {
  readonly path: string;
  /** `v1.2.3`, `(devel)`; empty when not recorded. */
  readonly version: string;
  /** `h1:...`; empty when not recorded. */
  readonly sum: string;
  readonly replace: GoModuleVersion | null;
}

const START = Uint8Array.from([
  0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02, 0x41, 0xe1, 0xc1, 0x07, 0xe6, 0xd6, 0x18, 0xe6,
]);
const END = Uint8Array.from([
  0xf9, 0x32, 0x43, 0x31, 0x86, 0x18, 0x20, 0x72, 0x00, 0x82, 0x42, 0x10, 0x41, 0x16, 0xd8, 0xf2,
]);
/** A program with thousands of dependencies stays far below. */
const MAX_TEXT = 4 << 20;

/** The text between the marks; undefined when the program has none (`go build -buildinfo=false`, GOFLAGS without modules). */
export function findBuildInfoText(image: DataImage): string | undefined {
  const start = image.find(START);
  if (start === undefined) return undefined;
  const from = address(start + START.length);
  const end = image.find(END, 1, from);
  if (end === undefined || end - from > MAX_TEXT) return undefined;
  return image.string(from, end - from);
}

/** Reads the text of `debug.BuildInfo`. Lines that it does not know are skipped, as Go adds some now and then. */
export function parseBuildInfo(text: string): BuildInfo {
  let path: string | null = null;
  let main: GoModuleVersion | null = null;
  const deps: GoModuleVersion[] = [];
  const settings: { key: string; value: string }[] = [];
  // `=>` replaces the module of the line before.
  let replaceLast: ((by: GoModuleVersion) => void) | undefined;
  for (const line of text.split('\n')) {
    const [word = '', ...rest] = line.split('\t');
    switch (word) {
      case 'path':
        path = rest[0] ?? null;
        break;
      case 'mod': {
        const own = versionOf(rest);
        main = own;
        replaceLast = (replace) => (main = { ...own, replace });
        break;
      }
      case 'dep': {
        const own = versionOf(rest);
        const at = deps.push(own) - 1;
        replaceLast = (replace) => (deps[at] = { ...own, replace });
        break;
      }
      case '=>':
        replaceLast?.(versionOf(rest));
        replaceLast = undefined;
        break;
      case 'build': {
        const setting = parseSetting(rest.join('\t'));
        if (setting) settings.push(setting);
        break;
      }
    }
  }
  return { path, main, deps, settings };
}

function versionOf([path = '', version = '', sum = '']: readonly string[]): GoModuleVersion {
  return { path, version, sum, replace: null };
}

/** `KEY=VALUE`; either may be a quoted Go string. */
function parseSetting(text: string): { key: string; value: string } | undefined {
  const found = /^("(?:[^"\\]|\\.)*"|`[^`]*`|[^=]*)=(.*)$/s.exec(text);
  const [, key, value] = found ?? [];
  if (key === undefined || value === undefined || key === '') return undefined;
  return { key: unquote(key), value: unquote(value) };
}

/** Undoes strconv.Quote for what occurs in settings; other text stays as it is. */
function unquote(text: string): string {
  if (/^`[^`]*`$/.test(text)) return text.slice(1, -1);
  if (!/^".*"$/s.test(text)) return text;
  try {
    // Go's \x41, \a, \v and \U are not JSON's.
    const json = text.replace(/\\(?:x([0-9a-f]{2})|U([0-9a-f]{8})|([av]))/gi, (_, byte, wide, letter) => {
      if (typeof letter === 'string') return letter === 'a' ? '\\u0007' : '\\u000b';
      const code = Number.parseInt(typeof byte === 'string' ? byte : String(wide), 16);
      return JSON.stringify(String.fromCodePoint(code)).slice(1, -1);
    });
    return String(JSON.parse(json));
  } catch {
    return text.slice(1, -1);
  }
}

/** What stands around the id, so that `go tool buildid` finds it in any executable. */
const BUILD_ID = /Go build ID: "([^"]*)"/;

/** The id of the build (`go tool buildid`), from the custom section `go:buildid` (`go.buildid` up to 1.19); null without one. */
export function readBuildId(module: WasmModule): string | null {
  const section = customSection(module, 'go:buildid') ?? customSection(module, 'go.buildid');
  if (section === undefined) return null;
  const text = utf8(module.bytes.subarray(section.contentStart, section.contentEnd));
  return BUILD_ID.exec(text)?.[1] ?? null;
}

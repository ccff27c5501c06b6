import { readGoModule } from '../../../src/go/go-module.ts';
import { PclntabSource } from '../../../src/symbols/pclntab-source.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { type Fixture, fixtureBytes } from '../../support/fixtures.ts';

/** The symbols of a fixture. */
export function pclntabOf(f: Fixture): PclntabSource {
  const go = readGoModule(readModule(fixtureBytes(f)));
  if (go === undefined) throw new Error(`${f.name} has no pclntab`);
  return new PclntabSource(go);
}

/** The frames of Go's text of a stack, innermost first: `main.f example.com/main.go:12 +0x1d`, without +PC for inlined ones. */
export function goFrames(text: string): string[] {
  const lines = text.trimEnd().split('\n').slice(1);
  const frames: string[] = [];
  for (let i = 0; i + 1 < lines.length && lines[i]?.startsWith('created by ') === false; i += 2) {
    const name = lines[i]?.replace(/\([^()]*\)$/, '') ?? '';
    const [, place = '', pc] = /^\t(\S+:\d+)(?: (\+0x[0-9a-f]+))?/.exec(lines[i + 1] ?? '') ?? [];
    frames.push(pc === undefined ? `${name} ${place}` : `${name} ${place} ${pc}`);
  }
  return frames;
}

/** Module offsets of the wasm frames of a V8 stack, innermost first. */
export function offsetsOf(stack: string): number[] {
  return [...stack.matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g)].map((found) =>
    Number.parseInt(found[1] ?? '', 16),
  );
}

import { readModule } from '../../src/wasm/module.ts';

/** The module without the custom sections whose names `goes` takes, which have to stand behind its code: offsets stay as they are. */
export function withoutSections(bytes: Uint8Array, goes: (name: string) => boolean): Uint8Array<ArrayBuffer> {
  const wasm = readModule(bytes);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  for (const { custom, name, offset, size } of wasm.sections) {
    if (custom && goes(name)) {
      if (offset < wasm.codeStart) throw new Error(`section ${name} stands before the code`);
    } else kept.push(bytes.subarray(offset, offset + size));
  }
  return new Uint8Array(kept.flatMap((part) => [...part]));
}

import { customSection, sectionReader, type WasmModule } from './module.ts';

/** One entry of the `producers` custom section. */
export interface Producer {
  /** `language`, `processed-by` or `sdk`. */
  readonly field: string;
  /** `Go`, `Go cmd/compile`, `TinyGo`, `clang`... */
  readonly name: string;
  readonly version: string;
}

/**
 * Reads the `producers` custom section (WebAssembly tool conventions, ProducersSection.md). Empty without one. Throws a
 * FormatError when it is broken.
 */
export function readProducers(module: WasmModule): Producer[] {
  const section = customSection(module, 'producers');
  if (section === undefined) return [];
  const reader = sectionReader(module.bytes, section);
  const producers: Producer[] = [];
  for (let fields = reader.u32('the count of fields'); fields > 0; fields--) {
    const field = reader.name('a field name');
    for (let values = reader.u32('the count of values'); values > 0; values--) {
      producers.push({ field, name: reader.name('a producer'), version: reader.name('a version') });
    }
  }
  return producers;
}

import { describe, expect, test } from 'vitest';
import { address, type Address } from '../../../src/base/units.ts';
import { WholeMemory } from '../../../src/memory/whole-memory.ts';
import { readValue, valueParts, type ValueSource } from '../../../src/values/go-value.ts';
import { typeByName } from '../../../src/values/type-by-name.ts';
import type { ValueType } from '../../../src/values/value-type.ts';
import { heapFixtures, heapsOf } from '../go/runtime/heap/heaps.ts';

// Values of program `heap`: what its source puts there is what is read, in every version of Go and both kinds of maps.

describe.each(heapFixtures)('%s', (_, fixture) => {
  test('structs, slices, strings, maps, interfaces, errors, channels, functions, pointers', async () => {
    const [heap] = await heapsOf(fixture, 'known');
    if (heap === undefined) throw new Error('the program told nothing');
    const source: ValueSource = heap;
    const type = (name: string): ValueType => {
      const found = typeByName(heap.runtime.types, name, 'main');
      if (found === undefined) throw new Error(`${name} is not described`);
      return found;
    };
    const all = (name: string): Address[] =>
      heap.objects.filter((one) => one.type === name).map((one) => address(one.address));
    const [library] = all('main.library');
    if (library === undefined) throw new Error('no library');
    const text = (of: ValueType, at: Address): string =>
      readValue(source, of, at).text.replace(/0x[0-9a-f]{4,}/g, '0x…');
    /** The text of a part of a part of the library: `users`, `[5]`, `name`. */
    const at = (...path: string[]): string => {
      let place: { type: ValueType; address: Address } = { type: type('library'), address: library };
      for (const name of path) {
        const part = valueParts(source, place.type, place.address, 0, 10_000).find(
          (one) => one.name === name,
        );
        if (part === undefined) throw new Error(`${place.type.name} has no part ${name}`);
        place = part;
      }
      return text(place.type, place.address);
    };
    expect(at('users')).toMatch(/^\[\]\*main\.user len: 300, cap: \d+, \[\*\{id: 0, name: "word number 0", /);
    expect(at('users', '[7]', 'name')).toBe('"word number 7"');
    expect(at('users', '[8]')).toBe(
      '*main.user {id: 8, name: "word number 8", tags: []string len: 3, cap: 4, ["word number 1040","word number 1041",' +
        '"word number 1042"], friends: []*main.user len: 2, cap: 2, [*(*main.user)(0x…),*(*main.user)(0x…)], profile: *main.profile ' +
        '{address: "word number 5008", born: time.Time(0001-01-01T00:00:00Z), scores: [4]float64 [...+4 more], ' +
        'next: *main.profile nil}, meta: interface {}(*main.point) *{x: 8, y: 1}}',
    );
    expect(at('lines', '[299]')).toBe('"word number 11299"');
    expect(at('blob')).toMatch(/^\[\]uint8 len: 100000, cap: \d+, \[48,49,50,(?:\d+,)+\.\.\.\+99936 more\]$/);
    expect(at('grid', '[1]')).toBe('[]main.point len: 3, cap: 3, [{x: 0, y: 0},{x: 0, y: 0},{x: 0, y: 0}]');
    // Maps: every entry, whatever the order.
    const entries = (...path: string[]): string[] => {
      let place: { type: ValueType; address: Address } = { type: type('library'), address: library };
      for (const name of path) {
        const part = valueParts(source, place.type, place.address, 0, 10_000).find(
          (one) => one.name === name,
        );
        if (part === undefined) throw new Error(`${place.type.name} has no part ${name}`);
        place = part;
      }
      const pages = [0, 100, 200, 300].flatMap((from) =>
        valueParts(source, place.type, place.address, from, 100),
      );
      return pages.map((part) => `${part.name} ${text(part.type, part.address)}`).sort();
    };
    const numbers = Array.from({ length: 300 }, (_, i) => i);
    expect(entries('words')).toEqual(numbers.map((i) => `["word number ${9000 + i}"] ${i}`).sort());
    expect(entries('sets')).toEqual(numbers.map((i) => `[{x: ${i}, y: 2}] struct {} {}`).sort());
    expect(entries('byID').map((one) => one.slice(0, 40))).toEqual(
      numbers.map((i) => `[${i}] main.user {id: ${i}, name: "word number ${i}"`.slice(0, 40)).sort(),
    );
    // Values of 200 bytes stand outside the map.
    expect(entries('wide').map((one) => one.slice(0, 20))).toEqual(
      numbers.map((i) => `[${i}] [200]uint8 [${i % 256},0,0`.slice(0, 20)).sort(),
    );
    expect(entries('nested', '["word number 40"]')).toHaveLength(40);
    expect(at('nested', '["word number 0"]')).toBe('map[int]*main.profile []');
    expect(at('words')).toMatch(/^map\[string\]int \[("word number \d+": \d+, ){64}\.\.\.\+236 more\]$/);
    // Interfaces by what they hold.
    expect(at('errs', '[1]')).toBe('error(*errors.errorString) *{s: "word number 20000"}');
    expect(at('errs', '[2]')).toBe(
      'error(*main.failure) *{code: 1, cause: error(*main.failure) *{code: 0, cause: error nil}}',
    );
    expect(at('shapes', '[1]')).toBe(
      'main.shape(main.polygon) {points: []main.point len: 1, cap: 1, [(*main.point)(0x…)], name: "word number 21000"}',
    );
    const boxed = [6, 7, 8, 9, 10, 11].map((i) => at('boxed', `[${i}]`));
    expect(boxed).toEqual([
      'interface {}(int) 1001',
      'interface {}(float64) 1.5',
      'interface {}(string) "word number 22001"',
      'interface {}(main.point) {x: 1, y: 1}',
      'interface {}([]int) [1,1]',
      'interface {}(*[3]int) *[1,0,0]',
    ]);
    expect(at('jobs', '[3]')).toMatch(
      /^\*main\.job \{run: main\.\(\*library\)\.things\.func\d+, owner: \*main\.user \{id: 3, .*\}, done: chan struct \{\} 0\/3\}$/,
    );
    expect(at('root', 'left', 'value')).toBe('"word number 30001"');
    // A channel's elements, in the order in which they are received.
    const [queue] = all('chan *main.job');
    const chan = type('chan *main.job');
    if (queue === undefined) throw new Error('no channel');
    // A variable of this type, where memory has none.
    const bytes = heap.memory.bytes(address(0), heap.memory.size).slice();
    new DataView(bytes.buffer).setBigUint64(64, BigInt(queue), true);
    const other: ValueSource = { runtime: heap.runtime, memory: new WholeMemory(bytes) };
    expect(readValue(other, chan, address(64))).toMatchObject({ text: 'chan *main.job 15/20', parts: 15 });
    const jobs = valueParts(other, chan, address(64)).map((part) => heap.memory.word(part.address));
    expect(jobs).toEqual(all('main.job').slice(-15));
    expect(chan.element().name).toBe('*main.job');
  });
});

import { describe, expect, test } from 'vitest';
import { address, type Address } from '../../../src/base/units.ts';
import type { RuntimeFrame } from '../../../src/go/runtime/frames.ts';
import { Moment } from '../../../src/go/runtime/moment.ts';
import { TypeReader, type GoField } from '../../../src/go/runtime/types.ts';
import { findSignature, parseSignatures, type GoSignature } from '../../../src/gosource/signature.ts';
import { WholeMemory } from '../../../src/memory/whole-memory.ts';
import { frameArguments, typedArguments, type FrameArguments } from '../../../src/values/typed-arguments.ts';
import { fixtures, goSource } from '../../support/fixtures.ts';
import { runGo } from '../../support/run-go.ts';
import { runtimeOf } from '../go/runtime/programs.ts';

// Arguments by name and type of real stacks: what they hold is what the program of the fixture passes.

const files = ['block', 'stacks'].map((name) => `goroutines/${name}.go`);
const signatures = new Map<string, readonly GoSignature[]>(
  files.map((path) => [`example.com/fixtures/${path}`, parseSignatures(goSource(path))]),
);

describe.each(fixtures({ family: 'goroutines' }).map((one) => [one.name, one] as const))(
  '%s',
  (_, fixture) => {
    test('strings, slices, numbers, channels, maps, functions and interfaces', async () => {
      const snapshot = (await runGo(fixture, { args: ['idle'] })).snapshots[1];
      if (snapshot === undefined) throw new Error('the program told nothing');
      const memory = new WholeMemory(snapshot.memory);
      const moment = new Moment(runtimeOf(fixture), memory, { sp: address(snapshot.sp) });
      const shown = new Map<string, string[]>();
      let typed = 0;
      const read = (frame: RuntimeFrame): void => {
        const all = signatures.get(frame.file);
        if (all === undefined || frame.inlined || frame.function.includes('gowrap')) return;
        const signature = findSignature(all, frame.function, 0);
        if (signature === undefined) return;
        const values = typedArguments(moment.runtime, memory, frame, signature);
        if (values.ok) {
          // As many words may be stale as Go marks.
          const marked = frame.args?.includes('?') === true;
          const unsure = values.arguments.some(({ confidence }) => confidence.kind === 'inferred');
          expect(unsure, `${frame.function}(${frame.args ?? ''})`).toBe(marked);
        }
        if (!values.ok) throw new Error(`${frame.function}: ${values.why}`);
        typed++;
        const text = values.arguments
          .map(({ name, type, text: value }) => `${name} ${type} = ${value}`)
          .join(', ');
        const key = frame.function.replace('main.', '');
        shown.set(key, [...(shown.get(key) ?? []), text.replace(/0x[0-9a-f]{4,}/g, '0x…')]);
      };
      for (const one of moment.goroutines) for (const frame of moment.stacks.read(one).frames) read(frame);
      expect(typed).toBeGreaterThan(400);
      const first = (name: string): string => shown.get(name)?.[0] ?? '';
      expect(first('receive')).toBe('c <-chan message = 0x… (0 of 0), name string = "a", n int = 1');
      expect(first('send')).toBe('c chan<- *message = 0x… (2 of 2), m *message = 0x…');
      expect(first('receiveNil')).toBe('c chan bool = nil');
      expect(first('sendNil')).toBe('c chan uint8 = nil, n uint8 = 8');
      expect(first('selectWithTimeout')).toBe('c chan message = 0x… (0 of 0), d time.Duration = 1h0m0s');
      // A type of the program's own, by its description.
      expect(first('message.wait')).toBe(
        'm message = {id: 9, text: "method"}, c chan message = 0x… (0 of 0)',
      );
      expect(first('(*message).waitPointer')).toMatch(/^m \*message = 0x…, c chan message = /);
      expect(shown.get('deep')).toContain('n int = 1, change func() = main.forever');
      expect(shown.get('mutual')).toContain('n int = 1, name string = "name", data []byte = []byte{1, 2}');
      // Ten words, and no more: the compiler notes no others.
      expect(shown.get('arguments')?.[1]).toMatch(
        /^n int = 1, s string = "argument", xs \[\]int = \[\]int\{1\}, v shown = \{n: 1, name: "."\}, f float64 = 1\.5, b bool = …/,
      );
    });
  },
);

test('a signature that does not fit is refused, one frame that is inlined has none', async () => {
  const [fixture] = fixtures({ family: 'goroutines', goVersion: '1.27.3' });
  const snapshot = fixture && (await runGo(fixture, { args: ['idle'] })).snapshots[1];
  if (fixture === undefined || snapshot === undefined) throw new Error('the program told nothing');
  const memory = new WholeMemory(snapshot.memory);
  const { runtime, goroutines, stacks } = new Moment(runtimeOf(fixture), memory, { sp: null });
  const frames = goroutines.flatMap((one) => stacks.read(one).frames);
  const frame = frames.find((one) => one.function === 'main.receive');
  const [two] = parseSignatures('func receive(c chan int, n int) {}');
  const [wrong] = parseSignatures('func receive(c chan int, name []string, n int) {}');
  const [right] = parseSignatures('func receive(c chan int, name string, n int) {}');
  if (frame === undefined || !two || !wrong || !right) throw new Error('main.receive is on no stack');
  for (const other of [two, wrong]) {
    expect(typedArguments(runtime, memory, frame, other)).toEqual({
      ok: false,
      why: expect.stringContaining('do not fit') as string,
    });
  }
  const namesOf = (frames: FrameArguments): string[] =>
    frames.ok ? frames.arguments.map(({ name }) => name) : [frames.why];
  expect(namesOf(typedArguments(runtime, memory, frame, right))).toEqual(['c', 'name', 'n']);
  expect(typedArguments(runtime, memory, { ...frame, inlined: true }, right)).toMatchObject({ ok: false });
  // By its file. The line of `func` is the one that the module says, else the source may be another.
  const text = goSource('goroutines/block.go');
  const found = frameArguments(runtime, memory, frame, parseSignatures(text));
  expect(namesOf(found)).toEqual(['c', 'name', 'n']);
  const later = frameArguments(runtime, memory, frame, parseSignatures(`\n${text}`));
  expect(later.ok ? later.arguments[1]?.confidence : later.why).toMatchObject({
    kind: 'inferred',
    why: expect.stringMatching(/in line \d+, the module in line \d+/) as string,
  });
  expect(namesOf(frameArguments(runtime, memory, frame, []))).toEqual([
    expect.stringContaining('declares no such function'),
  ]);
  const wrapper = frames.find((one) => one.function.includes('gowrap'));
  if (wrapper === undefined) throw new Error('no wrapper is on a stack');
  expect(namesOf(frameArguments(runtime, memory, wrapper, parseSignatures(text)))).toEqual([
    expect.stringContaining('The compiler made this function'),
  ]);
  // A string that leaves the memory is shown by its words.
  const copy = snapshot.memory.slice();
  new DataView(copy.buffer).setBigUint64(frame.fp + 16, 1n << 40n, true);
  const damaged = typedArguments(runtime, new WholeMemory(copy), frame, right);
  expect(damaged.ok ? damaged.arguments[1]?.text : damaged.why).toMatch(/^\{0x[0-9a-f]+, 0x10000000000\}$/);
});

test('a described type that does not fit the words, or that holds itself, is shown by its words', async () => {
  const [fixture] = fixtures({ family: 'goroutines', goVersion: '1.27.3' });
  const snapshot = fixture && (await runGo(fixture, { args: ['idle'] })).snapshots[1];
  if (fixture === undefined || snapshot === undefined) throw new Error('the program told nothing');
  const memory = new WholeMemory(snapshot.memory);
  const { runtime, goroutines, stacks } = new Moment(runtimeOf(fixture), memory, { sp: null });
  const frame = goroutines
    .flatMap((one) => stacks.read(one).frames)
    .find((one) => one.function === 'main.message.wait');
  const [right] = parseSignatures('func (m message) wait(c chan message) {}');
  const [other] = parseSignatures('func (m shownError) wait(c chan message) {}');
  const [unknown] = parseSignatures('func (m nowhere) wait(c chan message) {}');
  if (frame === undefined || !right || !other || !unknown) throw new Error('the method is on no stack');
  const shown = (signature: GoSignature, of = runtime): string => {
    const found = typedArguments(of, memory, frame, signature);
    return found.ok ? (found.arguments[0]?.text ?? '') : found.why;
  };
  const words = /^\{0x9, \{0x[0-9a-f]+, 0x6\}\}$/;
  expect(shown(right)).toBe('{id: 9, text: "method"}');
  expect(shown(other)).toMatch(words);
  expect(shown(unknown)).toMatch(words);
  // Its second field is of its own type.
  const type = runtime.types.declaredType('message', 'main');
  if (type === undefined) throw new Error('main.message is not described');
  const fields = runtime.types.fieldsOf(type.address);
  class Damaged extends TypeReader {
    override fieldsOf(at: Address): GoField[] {
      return at === type?.address
        ? fields.map((field) => ({ ...field, offset: 0, type: type.address }))
        : super.fieldsOf(at);
    }
  }
  const types = new Damaged(runtime.program.module.image, runtime.program.module.moduleData.types);
  expect(shown(right, { ...runtime, types })).toMatch(words);
});

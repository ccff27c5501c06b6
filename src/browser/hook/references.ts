import type { HookReferences } from '../hook-protocol.ts';
import type { Describer } from './describe.ts';
import { PREDEFINED, type Glue } from './glue.ts';
import type { Natives } from './natives.ts';

/** Rows of one reading. */
const MAX_ROWS = 200_000;
/** Characters of all texts of one reading. */
const MAX_CHARACTERS = 16 << 20;

/** When each value was first seen, by its identity: ids are used again. */
export class ReferenceHistory {
  #readings = 0;
  readonly #first = new WeakMap<object, number>();

  /** Begins a reading; counts them from 1. */
  begin(): number {
    return ++this.#readings;
  }

  /** The reading in which this was first seen; 0 for what has no identity: strings and other values. */
  firstSeen(value: unknown): number {
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return 0;
    const known = this.#first.get(value);
    if (known !== undefined) return known;
    this.#first.set(value, this.#readings);
    return this.#readings;
  }
}

/** Why the tables of a program cannot be read. */
export const NO_TABLES =
  'The program has not made a js.Func since the hook is there: until then nothing leads to the tables of wasm_exec.js. The debugger finds them.';

/** Reads the tables of one program, in one task. Throws where they cannot be reached. */
export function readReferences(
  glue: Glue,
  memory: WebAssembly.Memory | null,
  history: ReferenceHistory,
  describer: Describer,
  natives: Natives,
): HookReferences {
  const start = natives.now();
  const tables = glue.tables();
  if (tables === null) {
    throw new Error(
      glue.go === null
        ? NO_TABLES
        : 'The program has ended: wasm_exec.js has dropped its tables of JavaScript values.',
    );
  }
  const reading = history.begin();
  const { values, counts, pool } = tables;
  const classes: [string, string][] = [];
  const classNumbers = new Map<string, number>();
  const answer = {
    ...{ id: [] as number[], count: [] as number[], class: [] as number[], first: [] as number[] },
    ...{ func: [] as number[], detached: [] as number[], text: [] as string[] },
  };
  let held = 0;
  let sum = 0;
  let characters = 0;
  for (let id = PREDEFINED; id < values.length; id++) {
    const count = counts[id];
    if (typeof count !== 'number' || !(count > 0)) continue;
    held++;
    sum += count;
    if (answer.id.length >= MAX_ROWS || characters > MAX_CHARACTERS) continue;
    const value = values[id];
    const func = typeof value === 'function' ? (glue.funcs.get(value) ?? 0) : 0;
    const { kind, name, text, detached } = describer.describe(value, func > 0);
    const key = `${kind} ${name}`;
    let number = classNumbers.get(key);
    if (number === undefined) {
      number = classes.length;
      classes.push([kind, name]);
      classNumbers.set(key, number);
    }
    characters += text.length;
    answer.id.push(id);
    answer.count.push(count);
    answer.class.push(number);
    answer.first.push(history.firstSeen(value));
    answer.func.push(func);
    answer.detached.push(detached ? 1 : 0);
    answer.text.push(text);
  }
  return {
    ...{ reading, slots: values.length, free: pool.length, held, sum, classes, ...answer },
    bytes: memory?.buffer.byteLength ?? 0,
    time: natives.epoch(),
    pauseMs: natives.now() - start,
  };
}

import type { ReferenceReading } from '../../src/session/references.ts';

// What became of the JavaScript values that Go refers to between two readings. Pure.

/** Values of one class. */
export interface ReferenceClass {
  /** Index among the reading's classes; -1 for one whose values are all gone. */
  readonly number: number;
  readonly kind: string;
  /** '' where it is not known. */
  readonly name: string;
  readonly values: number;
  /** Sum of reference counts. */
  readonly references: number;
  /** How many more there are than at the reading before; null where there was none. */
  readonly growth: number | null;
}

/** A Go function that js.FuncOf has made JavaScript functions of. */
export interface CallbackFunction {
  /** '' where the program has no code at its PC. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Registered and not released. */
  readonly registered: number;
  readonly growth: number | null;
}

/** Classes with their values. An object keeps its class when the debugger has named it since: it is known by id and first reading. */
export function referenceClasses({ page, before }: ReferenceReading): ReferenceClass[] {
  const values = new Float64Array(page.classes.length);
  const references = new Float64Array(page.classes.length);
  const rowOf = new Map<number, number>();
  page.id.forEach((id, row) => {
    const number = page.class[row] ?? 0;
    values[number] = (values[number] ?? 0) + 1;
    references[number] = (references[number] ?? 0) + (page.count[row] ?? 0);
    rowOf.set(id, row);
  });
  const numbers = new Map(page.classes.map(({ kind, name }, i) => [`${kind} ${name}`, i]));
  const earlier = new Float64Array(page.classes.length);
  const gone = new Map<string, number>();
  before?.page.id.forEach((id, row) => {
    const now = rowOf.get(id);
    const first = before.page.first[row] ?? 0;
    const same = now !== undefined && first > 0 && page.first[now] === first;
    const { kind, name } = before.page.classes[before.page.class[row] ?? 0] ?? { kind: '', name: '' };
    const number = same ? page.class[now] : numbers.get(`${kind} ${name}`);
    if (number === undefined) gone.set(`${kind} ${name}`, (gone.get(`${kind} ${name}`) ?? 0) + 1);
    else earlier[number] = (earlier[number] ?? 0) + 1;
  });
  const classes = page.classes.map(({ kind, name }, number): ReferenceClass => ({
    ...{ number, kind, name, values: values[number] ?? 0, references: references[number] ?? 0 },
    growth: before === null ? null : (values[number] ?? 0) - (earlier[number] ?? 0),
  }));
  for (const [key, count] of gone) {
    const [kind = '', ...name] = key.split(' ');
    classes.push({ number: -1, kind, name: name.join(' '), values: 0, references: 0, growth: -count });
  }
  return classes.filter((one) => one.values > 0 || (one.growth ?? 0) !== 0);
}

/** The Go functions behind js.Func. */
export function callbackFunctions({ funcs, before }: ReferenceReading): CallbackFunction[] {
  const count = (table: ReferenceReading['funcs']): Map<string, number> => {
    const counts = new Map<string, number>();
    table.function.forEach((number) => {
      const { name, file, line } = table.functions[number] ?? { name: '', file: '', line: 0 };
      const key = JSON.stringify([name, file, line]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    });
    return counts;
  };
  const now = count(funcs);
  const then = before === null ? null : count(before.funcs);
  return [...new Set([...now.keys(), ...(then?.keys() ?? [])])].map((key) => {
    const [name, file, line] = JSON.parse(key) as [string, string, number];
    const registered = now.get(key) ?? 0;
    return {
      ...{ name, file, line, registered },
      growth: then === null ? null : registered - (then.get(key) ?? 0),
    };
  });
}

/** The Go function of each value that js.FuncOf made, by the number under which syscall/js knows it. */
export function functionsById({ funcs }: ReferenceReading): ReadonlyMap<number, string> {
  return new Map(Array.from(funcs.id, (id, i) => [id, funcs.functions[funcs.function[i] ?? -1]?.name ?? '']));
}

/** What the values are narrowed to. */
export interface Chosen {
  /** Index among the reading's classes. */
  readonly class: number | null;
  readonly detached: boolean;
}

/** A class as it is shown. */
export const className = (kind: string, name: string): string =>
  name === '' ? `${kind}, class not known` : name;

/** `+12`, `−3`, `0`; '' where there was no reading before. */
export function growthText(growth: number | null): string {
  if (growth === null) return '';
  const digits = String(Math.abs(growth)).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return growth > 0 ? `+${digits}` : growth < 0 ? `−${digits}` : '0';
}

import type { TypeReader } from './types.ts';

// What a goroutine waits on: Go src/runtime/runtime2.go (sudog) and src/runtime/chan.go (hchan, waitq). As in layouts.ts, offsets come from
// the program's own type descriptors, and from the table, read from such descriptors, where these lack a struct.

const FIELDS = {
  sudog: ['g', 'next', 'prev', 'elem', 'acquiretime', 'isSelect', 'waitlink', 'c'],
  hchan: ['qcount', 'dataqsiz', 'closed', 'elemtype', 'recvq', 'sendq'],
  waitq: ['first', 'last'],
} as const;

type StructName = keyof typeof FIELDS;

export type ChannelLayouts = {
  readonly [Name in StructName]: Readonly<Record<(typeof FIELDS)[Name][number], number>>;
};

/** 1.19 to 1.27. */
function tableOf(minor: number): Readonly<Record<StructName, readonly number[]>> | undefined {
  if (minor < 19 || minor > 27) return undefined;
  return {
    sudog: minor < 26 ? [0, 8, 16, 24, 32, 52, 64, 80] : [0, 8, 16, 24, 40, 60, 72, 88],
    hchan: minor < 23 ? [0, 8, 28, 32, 56, 72] : [0, 8, 28, 40, 64, 80],
    waitq: [0, 8],
  };
}

/** The layouts as the table has them for Go 1.`minor`; undefined for a version it does not know. */
export function tableChannelLayouts(minor: number): ChannelLayouts | undefined {
  const table = tableOf(minor);
  if (table === undefined) return undefined;
  const of = (name: StructName): Record<string, number> =>
    Object.fromEntries(FIELDS[name].map((field, i) => [field, table[name][i] ?? 0]));
  return { sudog: of('sudog'), hchan: of('hchan'), waitq: of('waitq') } as ChannelLayouts;
}

/** The layouts of this program; undefined when a struct is neither described nor in the table. */
export function readChannelLayouts(types: TypeReader, minor: number): ChannelLayouts | undefined {
  const table = tableChannelLayouts(minor);
  const of = (name: StructName): Readonly<Record<string, number>> | undefined => {
    const offsets = types.structOffsets(`runtime.${name}`);
    const described = FIELDS[name].every((field) => offsets?.has(field));
    return described ? Object.fromEntries(offsets ?? []) : table?.[name];
  };
  const [sudog, hchan, waitq] = [of('sudog'), of('hchan'), of('waitq')];
  if (sudog === undefined || hchan === undefined || waitq === undefined) return undefined;
  return { sudog, hchan, waitq };
}

/**
 * Where the address in sudog.elem or sudog.c stands. Since 1.26 these are a pair of a pointer, which the collector clears while it looks
 * for leaked goroutines, and the address as a number (Go src/runtime/runtime2.go, maybeTraceablePtr).
 */
export function traceableAt({ sudog }: ChannelLayouts, field: 'elem' | 'c'): number {
  return sudog[field] + (sudog.acquiretime - sudog.elem === 16 ? 8 : 0);
}

/** Bytes of a runtime.sudog up to the end of the last field that is read here. */
export function recordLength({ sudog }: ChannelLayouts): number {
  // The longest field is a pair of words.
  return Math.max(...Object.values(sudog)) + 16;
}

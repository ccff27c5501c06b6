import type { TypeReader } from './types.ts';

// Everything in src/go/runtime that depends on the Go version. Offsets of fields come from the program's own type descriptors; the
// table here is what is used where a module has none, and it says so. It was read from the descriptors of modules built by these
// versions (GOOS=js GOARCH=wasm); the structs are in Go src/runtime/runtime2.go, hchan in src/runtime/chan.go.

/** Structs of package runtime and those of their fields that are read. */
const FIELDS = {
  g: [
    'stack',
    '_panic',
    'm',
    'sched',
    'syscallsp',
    'syscallpc',
    'atomicstatus',
    'goid',
    'waitsince',
    'waitreason',
    'gopc',
    'startpc',
    'waiting',
  ],
  m: ['g0', 'curg', 'id'],
  gobuf: ['sp', 'pc'],
  stack: ['lo', 'hi'],
  _panic: ['arg', 'link', 'recovered', 'goexit'],
} as const;

/** Fields that some versions do not have. */
const OPTIONAL = {
  g: ['parentGoid', 'lockedm', 'timer', 'sleepWhen', 'runningCleanups', 'labels', 'bubble', 'syncGroup'],
  m: [],
  gobuf: [],
  stack: [],
  _panic: ['repanicked'],
} as const;

export type StructName = keyof typeof FIELDS;
type Required<Name extends StructName> = (typeof FIELDS)[Name][number];
type Optional<Name extends StructName> = (typeof OPTIONAL)[Name][number];

/** Offsets in bytes of a struct's fields. */
export type FieldOffsets<Name extends StructName> = Readonly<Record<Required<Name>, number>> &
  Readonly<Partial<Record<Optional<Name>, number>>>;

export type Layouts = {
  readonly [Name in StructName]: FieldOffsets<Name>;
};

export interface ProgramLayouts {
  readonly layouts: Layouts;
  /** Where each struct's offsets come from. */
  readonly from: Readonly<Record<StructName, 'descriptors' | 'table'>>;
}

/** What else differs between versions. */
export interface RuntimeVersion {
  /** Panic and fatal-error text has a tab after each newline (since 1.23). */
  readonly indentsText: boolean;
  /** print writes floats as strconv does (since 1.26), not as +1.500000e+000. */
  readonly shortFloats: boolean;
  /** A panic with the value of the one before it is printed once (since 1.25), `repanicked` in its text. */
  readonly mergesRepanics: boolean;
  /** ... and says so only of a panic that was recovered in between (since 1.26). */
  readonly needsRecovered: boolean;
  /** The text of a PanicNilError begins with `runtime error: ` (since 1.27). */
  readonly prefixesNilPanic: boolean;
}

/** `minor`: 27 for Go 1.27.3. */
export function runtimeVersion(minor: number): RuntimeVersion {
  return {
    indentsText: minor >= 23,
    shortFloats: minor >= 26,
    mergesRepanics: minor >= 25,
    needsRecovered: minor >= 26,
    prefixesNilPanic: minor >= 27,
  };
}

type Row = Readonly<Record<StructName, readonly (number | null)[]>>;

const gobuf = [0, 8];
const stack = [0, 8];
/** Columns as in FIELDS, then OPTIONAL (null: no such field). */
const TABLE: Readonly<Record<number, Row>> = {
  19: {
    g: [
      0,
      32,
      48,
      56,
      112,
      120,
      144,
      152,
      168,
      176,
      296,
      312,
      328,
      null,
      232,
      368,
      null,
      null,
      360,
      null,
      null,
    ],
    m: [0, 144, 184],
    gobuf,
    stack,
    _panic: [8, 24, 48, 50, null],
  },
  21: {
    g: [
      0,
      32,
      48,
      56,
      112,
      120,
      144,
      152,
      168,
      176,
      280,
      296,
      312,
      272,
      208,
      352,
      null,
      null,
      344,
      null,
      null,
    ],
    m: [0, 144, 184],
    gobuf,
    stack,
    _panic: [8, 24, 48, 50, null],
  },
  22: {
    g: [
      0,
      32,
      48,
      56,
      112,
      120,
      144,
      152,
      168,
      176,
      280,
      296,
      312,
      272,
      208,
      352,
      null,
      null,
      344,
      null,
      null,
    ],
    m: [0, 144, 184],
    gobuf,
    stack,
    _panic: [8, 24, 96, 97, null],
  },
  23: {
    g: [
      0,
      32,
      48,
      56,
      112,
      120,
      152,
      160,
      176,
      184,
      288,
      304,
      320,
      280,
      216,
      360,
      368,
      null,
      352,
      null,
      null,
    ],
    m: [0, 144, 184],
    gobuf,
    stack,
    _panic: [8, 24, 96, 97, null],
  },
  24: {
    g: [0, 32, 48, 56, 112, 120, 152, 160, 176, 184, 288, 304, 320, 280, 216, 360, 368, null, 352, null, 392],
    m: [0, 144, 184],
    gobuf,
    stack,
    _panic: [8, 24, 96, 97, null],
  },
  25: {
    g: [0, 32, 48, 56, 104, 112, 144, 152, 168, 176, 280, 296, 312, 272, 208, 352, 360, 218, 344, 384, null],
    m: [0, 136, 176],
    gobuf,
    stack,
    _panic: [8, 24, 96, 98, 97],
  },
  26: {
    g: [0, 32, 48, 56, 104, 112, 144, 152, 168, 176, 288, 304, 320, 280, 208, 360, 368, 220, 352, 392, null],
    m: [0, 136, 184],
    gobuf,
    stack,
    _panic: [0, 16, 88, 90, 89],
  },
  27: {
    g: [0, 32, 48, 56, 104, 112, 144, 152, 168, 176, 288, 304, 320, 280, 208, 360, 368, 220, 352, 392, null],
    m: [0, 136, 184],
    gobuf,
    stack,
    _panic: [0, 16, 88, 90, 89],
  },
};

/** Versions (1.N) that the table knows, rising. */
export const tableVersions: readonly number[] = Object.keys(TABLE).map(Number);

/** The table's offsets for Go 1.`minor`; undefined for a version it does not know. */
export function tableLayouts(minor: number): Layouts | undefined {
  const row = TABLE[minor];
  if (row === undefined) return undefined;
  const of = <Name extends StructName>(name: Name): FieldOffsets<Name> => {
    const columns: readonly string[] = [...FIELDS[name], ...OPTIONAL[name]];
    const entries = columns.flatMap((field, i): [string, number][] => {
      const offset = row[name][i];
      return offset === null || offset === undefined ? [] : [[field, offset]];
    });
    return Object.fromEntries(entries) as unknown as FieldOffsets<Name>;
  };
  return {
    g: of('g'),
    m: of('m'),
    gobuf: of('gobuf'),
    stack: of('stack'),
    _panic: of('_panic'),
  };
}

/**
 * The layouts of this program: from its type descriptors, and from the table where these lack a struct or a field. Undefined when
 * a struct is in neither.
 */
export function readLayouts(types: TypeReader, minor: number): ProgramLayouts | undefined {
  const table = tableLayouts(minor);
  const from: Partial<Record<StructName, 'descriptors' | 'table'>> = {};
  const layouts: Partial<Record<StructName, Readonly<Record<string, number>>>> = {};
  for (const name of Object.keys(FIELDS) as StructName[]) {
    const offsets = types.structOffsets(`runtime.${name}`);
    const described = offsets && FIELDS[name].every((field) => offsets.has(field));
    if (!described && table === undefined) return undefined;
    layouts[name] = described ? Object.fromEntries(offsets) : { ...table?.[name] };
    from[name] = described ? 'descriptors' : 'table';
  }
  return { layouts: layouts as Layouts, from: from as ProgramLayouts['from'] };
}

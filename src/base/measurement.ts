// Values with their units as pprof prints them (github.com/google/pprof/internal/measurement/measurement.go).

interface Unit {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly factor: number;
}

interface UnitType {
  readonly units: readonly Unit[];
  readonly base: { readonly name: string; readonly factor: number };
}

const unit = (name: string, aliases: readonly string[], factor: number): Unit => ({ name, aliases, factor });

const UNIT_TYPES: readonly UnitType[] = [
  {
    units: [
      unit('B', ['b', 'byte'], 1),
      unit('kB', ['kb', 'kbyte', 'kilobyte'], 2 ** 10),
      unit('MB', ['mb', 'mbyte', 'megabyte'], 2 ** 20),
      unit('GB', ['gb', 'gbyte', 'gigabyte'], 2 ** 30),
      unit('TB', ['tb', 'tbyte', 'terabyte'], 2 ** 40),
      unit('PB', ['pb', 'pbyte', 'petabyte'], 2 ** 50),
    ],
    base: { name: 'B', factor: 1 },
  },
  {
    units: [
      unit('ns', ['ns', 'nanosecond'], 1),
      unit('us', ['μs', 'us', 'microsecond'], 1e3),
      unit('ms', ['ms', 'millisecond'], 1e6),
      unit('s', ['s', 'sec', 'second'], 1e9),
      unit('hrs', ['hour', 'hr'], 3600e9),
    ],
    base: { name: 's', factor: 1e9 },
  },
];

function findUnit(type: UnitType, name: string): Unit | undefined {
  let alias = name.toLowerCase();
  if (alias.length > 2 && alias.endsWith('s')) alias = alias.slice(0, -1);
  return type.units.find(({ aliases }) => aliases.includes(alias));
}

/** A value in another unit; `auto` and `minimum` choose the largest that leaves at least 1. */
export function scale(value: number, from: string, to: string): { value: number; unit: string } {
  if (value < 0) {
    const positive = scale(-value, from, to);
    return { value: -positive.value, unit: positive.unit };
  }
  for (const type of UNIT_TYPES) {
    const fromUnit = findUnit(type, from);
    if (fromUnit === undefined) continue;
    const base = value * fromUnit.factor;
    let target: { name: string; factor: number } | undefined;
    if (to === 'auto' || to === 'minimum') {
      for (const candidate of type.units) if (base / candidate.factor >= 1) target = candidate;
    } else target = findUnit(type, to);
    target ??= type.base;
    return { value: base / target.factor, unit: target.name };
  }
  const dull = ['count', 'sample', 'unit', 'minimum', 'auto'].includes(to);
  return { value, unit: dull ? '' : to };
}

/** Whether two units measure the same thing. */
export function compatibleUnits(one: string, other: string): boolean {
  if (one === other) return true;
  return UNIT_TYPES.some((type) => findUnit(type, one) !== undefined && findUnit(type, other) !== undefined);
}

/** e.g. `1.50MB`, `20ms`, `7`. */
export function valueText(value: number, from: string, to = 'auto'): string {
  const scaled = scale(value, from, to);
  const text = fixed2(scaled.value).replace(/\.00$/, '');
  return text === '0' || text === '-0' ? '0' : text + scaled.unit;
}

/** Share of a total, at least 6 characters: `12.50%`, `  100%`, ` 0.12%`. */
export function percentage(value: number, total: number): string {
  const ratio = total === 0 ? 0 : Math.abs(value / total) * 100;
  if (ratio >= 99.95 && ratio <= 100.05) return '  100%';
  return `${(ratio >= 1 ? fixed2(ratio) : general2(ratio)).padStart(5)}%`;
}

/** Go's %.2f: ties go to the even digit, not up. */
function fixed2(value: number): string {
  if (Number.isInteger(value * 8) && !Number.isInteger(value * 4)) {
    const hundredths = Math.floor(Math.abs(value) * 100);
    const even = hundredths % 2 === 0 ? hundredths : hundredths + 1;
    return `${value < 0 ? '-' : ''}${(even / 100).toFixed(2)}`;
  }
  return value.toFixed(2);
}

/** Go's %.2g of a number from 0 to 1. */
function general2(value: number): string {
  if (value === 0) return '0';
  let [digits = '', exponent = '0'] = value.toExponential(1).split('e');
  // Go rounds a tie to the even digit.
  const [exact = ''] = value.toExponential(40).split('e');
  if (/^\d\.\d50*$/.test(exact) && Number(exact[2]) % 2 === 0) digits = exact.slice(0, 3);
  digits = digits.replace(/\.0$/, '');
  if (Number(exponent) < -4) return `${digits}e-${String(-Number(exponent)).padStart(2, '0')}`;
  exponent = String(Number(exponent));
  return String(Number(`${digits}e${exponent}`));
}

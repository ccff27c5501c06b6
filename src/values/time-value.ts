import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { readString } from '../go/runtime/print.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import type { ValueField, ValueType } from './value-type.ts';

// time.Time (Go src/time/time.go): wall is hasMonotonic (bit 63), seconds since 1885 (33 bits) where that is set, and nanoseconds (30
// bits); ext is the monotonic clock, or seconds since year 1 where it is not. loc is nil for UTC. A Location (zoneinfo.go) has a name,
// zones {name, offset, isDST}, transitions {when, index, ...}, and the zone that was last looked up.

const SECONDS_TO_1885 = 59_453_308_800n;
const SECONDS_TO_1970 = 62_135_596_800n;
const MONOTONIC = 1n << 63n;
const MAX_ZONES = 1024;
const MAX_TRANSITIONS = 1 << 16;

/** RFC 3339 with as many digits of the second as it has, and the name of the place; throws a FormatError for what no Time is. */
export function timeText(memory: Memory, type: ValueType, at: Address): string {
  const field = (of: ValueType, name: string): ValueField => {
    const found = of.fields().find((one) => one.name === name);
    if (found === undefined)
      throw new FormatError('type descriptor', of.descriptor ?? 0, `${of.name} has no ${name}`);
    return found;
  };
  const wall = memory.u64(address(at + field(type, 'wall').offset));
  const ext = BigInt.asIntN(64, memory.u64(address(at + field(type, 'ext').offset)));
  const sinceYear1 =
    (wall & MONOTONIC) === 0n ? ext : SECONDS_TO_1885 + ((wall << 1n) & 0xffff_ffff_ffff_ffffn) / (1n << 31n);
  const seconds = sinceYear1 - SECONDS_TO_1970;
  const nanoseconds = wall & 0x3fff_ffffn;
  const loc = field(type, 'loc');
  const place = address(memory.word(address(at + loc.offset)));
  if (place === 0) return rfc3339(seconds, nanoseconds, 0);
  const location = loc.type.element();
  const name = readString(memory, address(place + field(location, 'name').offset)) ?? '';
  const offset = zoneOffset(memory, location, place, field, seconds);
  const text = rfc3339(seconds, nanoseconds, offset ?? 0);
  return name === '' || (name === 'UTC' && offset === 0) ? text : `${text}, ${name}`;
}

/** Seconds east of UTC at a time; undefined where the place's tables do not say (then its rule in words would be needed). */
function zoneOffset(
  memory: Memory,
  location: ValueType,
  at: Address,
  field: (of: ValueType, name: string) => ValueField,
  seconds: bigint,
): number | undefined {
  const slice = (name: string): { data: number; length: number; element: ValueType } => {
    const { type, offset } = field(location, name);
    if (type.kind !== Kind.slice)
      throw new FormatError('type descriptor', location.descriptor ?? 0, `${name} is no slice`);
    return {
      data: memory.word(address(at + offset)),
      length: memory.word(address(at + offset + 8)),
      element: type.element(),
    };
  };
  const zones = slice('zone');
  const transitions = slice('tx');
  if (zones.length > MAX_ZONES || transitions.length > MAX_TRANSITIONS) return undefined;
  const offsetOf = (zone: number): number =>
    Number(BigInt.asIntN(64, memory.u64(address(zone + field(zones.element, 'offset').offset))));
  const signed = (name: string): bigint =>
    BigInt.asIntN(64, memory.u64(address(at + field(location, name).offset)));
  const cached = memory.word(address(at + field(location, 'cacheZone').offset));
  if (cached !== 0 && seconds >= signed('cacheStart') && seconds < signed('cacheEnd'))
    return offsetOf(cached);
  if (zones.length === 0) return 0;
  if (transitions.length === 0) return offsetOf(zones.data);
  const when = field(transitions.element, 'when').offset;
  let low = 0;
  let high = transitions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = BigInt.asIntN(
      64,
      memory.u64(address(transitions.data + middle * transitions.element.size + when)),
    );
    if (start <= seconds) low = middle + 1;
    else high = middle;
  }
  // Before the first transition Go takes the first standard zone, and behind the last it follows a rule.
  if (
    low === 0 ||
    (low === transitions.length && memory.word(address(at + field(location, 'extend').offset + 8)) > 0)
  ) {
    return undefined;
  }
  const index = field(transitions.element, 'index').offset;
  const zone = memory.u8(address(transitions.data + (low - 1) * transitions.element.size + index));
  return zone < zones.length ? offsetOf(zones.data + zone * zones.element.size) : undefined;
}

function rfc3339(seconds: bigint, nanoseconds: bigint, offset: number): string {
  const local = seconds + BigInt(offset);
  let days = local / 86_400n;
  let rest = local % 86_400n;
  if (rest < 0n) {
    rest += 86_400n;
    days -= 1n;
  }
  const { year, month, day } = civil(days);
  const two = (value: bigint | number): string => value.toString().padStart(2, '0');
  const fraction = nanoseconds === 0n ? '' : `.${nanoseconds.toString().padStart(9, '0').replace(/0+$/, '')}`;
  const east = Math.abs(offset);
  const zone =
    offset === 0
      ? 'Z'
      : `${offset < 0 ? '-' : '+'}${two(Math.floor(east / 3600))}:${two(Math.floor(east / 60) % 60)}`;
  const time = `${two(rest / 3600n)}:${two((rest / 60n) % 60n)}:${two(rest % 60n)}${fraction}`;
  return `${year < 0n ? '-' : ''}${(year < 0n ? -year : year).toString().padStart(4, '0')}-${two(month)}-${two(day)}T${time}${zone}`;
}

/** The day that is so many days after 1970-01-01 in the Gregorian calendar. */
function civil(days: bigint): { year: bigint; month: number; day: number } {
  const shifted = days + 719_468n;
  const era = (shifted >= 0n ? shifted : shifted - 146_096n) / 146_097n;
  const ofEra = Number(shifted - era * 146_097n);
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: BigInt(yearOfEra) + era * 400n + (month <= 2 ? 1n : 0n), month, day };
}

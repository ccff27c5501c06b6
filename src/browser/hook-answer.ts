import type { PageTrap, StartupTimes } from '../session/page-events.ts';
import type { PageReferences, PageSample } from '../session/page-references.ts';
import {
  PROTOCOL,
  type HookGathered,
  type HookHeld,
  type HookInstance,
  type HookModule,
  type HookRange,
  type HookReport,
  type HookTrap,
  type PollAnswer,
} from './hook-protocol.ts';

// Answers come from the page's own world, where anything may pose as the hook: each is checked, bounded and rebuilt before use.

const MAX_REALMS = 300;
const MAX_RECORDS = 2000;
const MAX_NAMES = 200;
const MAX_NAME = 200;
const MAX_URL = 4000;
const MAX_TEXT = 256 << 10;

type Fields = Readonly<Record<string, unknown>>;

/** The answer to a poll, with only what has the right shape; null when it is none. */
export function readPollAnswer(answer: string): PollAnswer | null {
  const fields = fieldsOf(readJson(answer));
  if (fields?.['protocol'] !== PROTOCOL) return null;
  return {
    protocol: PROTOCOL,
    realms: list(fields['realms'], MAX_REALMS, readReport),
    closedFrames: count(fields['closedFrames']) ?? 0,
    notes: list(fields['notes'], 20, (note) => (typeof note === 'string' ? note.slice(0, 500) : null)),
    ...readStop(fields['stop']),
  };
}

function readStop(value: unknown): Pick<PollAnswer, 'stop'> {
  const fields = fieldsOf(value);
  const stack = text(fields?.['stack'], MAX_TEXT);
  return stack === '' ? {} : { stop: { stack, digest: count(fields?.['digest']) ?? 0 } };
}

function readReport(value: unknown): HookReport | null {
  const fields = fieldsOf(value);
  const realm = fields?.['realm'];
  const kind = fields?.['kind'];
  if (fields === null || typeof realm !== 'string' || !/^[0-9a-f]{1,64}$/.test(realm)) return null;
  if (kind !== 'page' && kind !== 'frame' && kind !== 'worker') return null;
  return {
    realm,
    kind,
    poll: count(fields['poll']),
    url: text(fields['url'], MAX_URL),
    sequence: count(fields['sequence']) ?? 0,
    capturing: fields['capturing'] === true,
    modules: list(fields['modules'], MAX_RECORDS, readModule),
    instances: list(fields['instances'], MAX_RECORDS, readInstance),
    traps: list(fields['traps'], MAX_RECORDS, readTrap),
    ...readStarts(fields['starts']),
  };
}

function readStarts(value: unknown): Pick<HookReport, 'starts'> {
  const fields = fieldsOf(value);
  const modules = count(fields?.['modules']);
  const waiting = count(fields?.['waiting']);
  return modules === null || waiting === null ? {} : { starts: { modules, waiting } };
}

function readModule(value: unknown): HookModule | null {
  const fields = fieldsOf(value);
  const n = count(fields?.['n']);
  if (fields === null || n === null) return null;
  return {
    n,
    origin: fields['origin'] === 'debugger' ? 'debugger' : 'hook',
    url: textOrNull(fields['url'], MAX_URL),
    scriptUrl: textOrNull(fields['scriptUrl'], MAX_URL),
    byteLength: count(fields['byteLength']),
    buildId: textOrNull(fields['buildId'], 1024),
    imports: names(fields['imports']),
    exports: names(fields['exports']),
    bytesKept: fields['bytesKept'] === true,
  };
}

function readInstance(value: unknown): HookInstance | null {
  const fields = fieldsOf(value);
  const n = count(fields?.['n']);
  const module = count(fields?.['module']);
  const state = fields?.['state'];
  if (fields === null || n === null || module === null) return null;
  if (state !== 'created' && state !== 'running' && state !== 'exited') return null;
  return { n, module, memoryBytes: count(fields['memoryBytes']), times: readTimes(fields['times']), state };
}

function readTimes(value: unknown): StartupTimes {
  const fields = fieldsOf(value) ?? {};
  return {
    fetchStart: time(fields['fetchStart']),
    fetchEnd: time(fields['fetchEnd']),
    ...(fields['fetchBySize'] === true ? { fetchBySize: true } : {}),
    compileStart: time(fields['compileStart']),
    compileEnd: time(fields['compileEnd']),
    instantiateStart: time(fields['instantiateStart']),
    instantiateEnd: time(fields['instantiateEnd']),
    firstGoCode: time(fields['firstGoCode']),
  };
}

function readTrap(value: unknown): HookTrap | null {
  const fields = fieldsOf(value);
  const n = count(fields?.['n']);
  const via = fields?.['via'];
  if (fields === null || n === null) return null;
  if (via !== 'error' && via !== 'unhandledrejection' && via !== 'exit') return null;
  const sp = count(fields['sp']);
  const exitCode = fields['exitCode'];
  return {
    n,
    instance: count(fields['instance']),
    time: time(fields['time']) ?? 0,
    via,
    exitCode: typeof exitCode === 'number' && Number.isInteger(exitCode) ? exitCode : null,
    error: readError(fields['error']),
    text: text(fields['text'], MAX_TEXT),
    exitStack: textOrNull(fields['exitStack'], MAX_TEXT),
    sp: sp !== null && sp <= 0xffffffff ? sp : null,
    memory: readTrapMemory(fields['memory']),
  };
}

function readError(value: unknown): PageTrap['error'] {
  const fields = fieldsOf(value);
  if (fields === null) return null;
  return {
    name: text(fields['name'], MAX_NAME),
    message: text(fields['message'], MAX_TEXT),
    stack: text(fields['stack'], MAX_TEXT),
  };
}

function readTrapMemory(value: unknown): PageTrap['memory'] {
  const fields = fieldsOf(value);
  const kind = fields?.['kind'];
  const bytes = count(fields?.['bytes']);
  if ((kind === 'kept' || kind === 'copied') && bytes !== null) return { kind, bytes };
  return { kind: 'none', why: text(fields?.['why'], 500) || 'the page did not say why' };
}

/** The content of a `b` answer: as many parts as were asked for; null when it is not what it says it is. */
export function readBytes(answer: string, parts: number): Uint8Array<ArrayBuffer>[] | null {
  const semicolon = answer.indexOf(';');
  if (!answer.startsWith('b') || semicolon < 0) return null;
  const lengths = answer.slice(1, semicolon).split(',').map(Number);
  if (lengths.length !== parts || lengths.some((length) => count(length) === null)) return null;
  const bytes = decodeBase64(answer.slice(semicolon + 1));
  if (bytes?.length !== lengths.reduce((sum, length) => sum + length, 0)) return null;
  let at = 0;
  return lengths.map((length) => bytes.subarray(at, (at += length)));
}

/** Bytes of a base64 text; null when it is none. */
export function decodeBase64(base64: string): Uint8Array<ArrayBuffer> | null {
  const native = (Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  try {
    if (native !== undefined) return native.call(Uint8Array, base64);
    const binary = atob(base64);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch {
    return null;
  }
}

/** The content of an `s` answer. */
export function readStash(answer: string): { stash: number; length: number } | null {
  const match = /^s(\d{1,15}),(\d{1,12})$/.exec(answer);
  return match === null ? null : { stash: Number(match[1]), length: Number(match[2]) };
}

/** The answer to `hold`; null when it is none. */
export function readHeld(answer: string): HookHeld | null {
  const fields = fieldsOf(readJson(answer));
  const stash = count(fields?.['stash']);
  const moment = fields === null ? null : readMoment(fields);
  return stash === null || moment === null ? null : { stash, ...moment };
}

/** The answer to `send`: how much of each range there is. An Error when it is none, or tells more than was asked for. */
export function readLengths(answer: string, ranges: readonly HookRange[]): number[] {
  const lengths = readJson(answer);
  if (!Array.isArray(lengths) || lengths.length !== ranges.length) throw new Error('the page gave no answer');
  return ranges.map(({ length }, i) => {
    const found = count(lengths[i]);
    if (found === null || found > length) throw new Error('the page gave no answer');
    return found;
  });
}

/** The answer to `gather`, its data not yet decoded; null when it is none. */
export function readGathered(answer: string): HookGathered | null {
  const fields = fieldsOf(readJson(answer));
  const [array, length] = [count(fields?.['array']), count(fields?.['count'])];
  const moment = fields === null ? null : readMoment(fields);
  const data = fields?.['data'];
  if (array === null || length === null || moment === null || typeof data !== 'string') return null;
  return { array, count: length, data, ...moment };
}

/** Rows of one reading of the references of a program. */
const MAX_REFERENCES = 1 << 18;
const MAX_CLASSES = 10_000;
const MAX_VALUE_TEXT = 200;

/** The answer to `references`; null when it is none, or its columns are not of one length. */
export function readReferences(answer: string): PageReferences | null {
  const fields = fieldsOf(readJson(answer));
  if (fields === null) return null;
  const numbersOf = (name: string): number[] =>
    list(fields[name], MAX_REFERENCES, (value) =>
      typeof value === 'number' && value >= 0 && value <= 0xffffffff ? value : 0,
    );
  const classes = list(fields['classes'], MAX_CLASSES, (pair) => {
    const [kind, name] = Array.isArray(pair) ? (pair as unknown[]) : [];
    return { kind: text(kind, MAX_NAME), name: text(name, MAX_NAME) };
  });
  const id = Uint32Array.from(numbersOf('id'));
  const columns = {
    id,
    count: Float64Array.from(numbersOf('count')),
    class: Uint32Array.from(numbersOf('class')),
    first: Uint32Array.from(numbersOf('first')),
    func: Uint32Array.from(numbersOf('func')),
    detached: Uint8Array.from(numbersOf('detached')),
    text: list(fields['text'], MAX_REFERENCES, (one) => text(one, MAX_VALUE_TEXT)),
  };
  if (Object.values(columns).some(({ length }) => length !== id.length)) return null;
  if (columns.class.some((number) => number >= classes.length)) return null;
  const [reading, held] = [count(fields['reading']), count(fields['held'])];
  const [slots, free] = [count(fields['slots']), count(fields['free'])];
  if (reading === null || held === null || slots === null || free === null) return null;
  return {
    ...{ reading, held, slots, free, classes },
    ...columns,
    sum: time(fields['sum']) ?? 0,
    bytes: Math.min(count(fields['bytes']) ?? 0, MAX_MEMORY),
    time: time(fields['time']) ?? 0,
    pauseMs: time(fields['pauseMs']) ?? 0,
  };
}

/** The answer to `sample`; null when it is none. `words`: as many as were asked for. */
export function readSample(answer: string, words: number): PageSample | null {
  const fields = fieldsOf(readJson(answer));
  const bytes = count(fields?.['bytes']);
  if (fields === null || bytes === null || bytes > MAX_MEMORY) return null;
  const found = Array.isArray(fields['words']) ? (fields['words'] as unknown[]) : [];
  return {
    bytes,
    words: Array.from({ length: words }, (_, i) => time(found[i])),
    goroutines: count(fields['goroutines']),
    references: count(fields['references']),
    time: time(fields['time']) ?? 0,
    pauseMs: time(fields['pauseMs']) ?? 0,
  };
}

/** The largest memory that wasm can have, in bytes: 65536 pages of 64 KiB. */
const MAX_MEMORY = 2 ** 32;

function readMoment(fields: Fields): Omit<HookHeld, 'stash'> | null {
  const bytes = count(fields['bytes']);
  const sp = count(fields['sp']);
  if (bytes === null || bytes > MAX_MEMORY) return null;
  return {
    bytes,
    sp: sp !== null && sp < MAX_MEMORY ? sp : null,
    time: time(fields['time']) ?? 0,
    pauseMs: time(fields['pauseMs']) ?? 0,
  };
}

function readJson(answer: string): unknown {
  if (!answer.startsWith('j')) return null;
  try {
    return JSON.parse(answer.slice(1));
  } catch {
    return null;
  }
}

/** The content of a `t` answer. */
export function readTicket(answer: string): number | null {
  const match = /^t(\d{1,15})$/.exec(answer);
  return match === null ? null : Number(match[1]);
}

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;

const text = (value: unknown, limit: number): string =>
  typeof value === 'string' ? value.slice(0, limit) : '';

const textOrNull = (value: unknown, limit: number): string | null =>
  typeof value === 'string' ? value.slice(0, limit) : null;

/** A whole number from 0 that arithmetic keeps exact. */
const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

const time = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;

const names = (value: unknown): string[] =>
  list(value, MAX_NAMES, (name) => (typeof name === 'string' ? name.slice(0, MAX_NAME) : null));

function list<T>(value: unknown, limit: number, read: (item: unknown) => T | null): T[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, limit)
    .map(read)
    .filter((item) => item !== null);
}

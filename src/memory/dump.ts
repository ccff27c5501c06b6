import { FormatError } from '../base/format-error.ts';

// A memory dump: linear memory of a Go program in one file, with what is needed to read it again. CONTRIBUTING.md describes the format.
//
//   bytes 0..7    magic: 89 'G' 'O' 'W' 'A' 'S' 'M' 0a
//   bytes 8..11   version, u32 little-endian: 1
//   bytes 12..15  length of the header in bytes, u32 little-endian
//   ...           the header: JSON in UTF-8
//   ...           the memory from address 0, as one gzip stream up to the end of the file

/** The header. Strings may be empty where nothing is known. */
export interface DumpHeader {
  readonly module: {
    /** SHA-256 of the module's bytes, lower-case hex. */
    readonly sha256: string;
    readonly name: string;
  };
  /** `go1.27.3`. */
  readonly goVersion: string;
  /** URL of the page, frame or worker that the program ran in. */
  readonly url: string;
  /** When the memory was as it is here, milliseconds since the epoch; null where it is not known. */
  readonly time: number | null;
  /** The exported getsp() at that moment; null where it is not known. */
  readonly sp: number | null;
  /** `live`: of a running program; `trap`: as it was when the program died. */
  readonly origin: 'live' | 'trap';
  /** What it shows, in words: the title of the death, or ''. */
  readonly title: string;
  /** JavaScript's stack of the error that ended the program, as it was printed; left out where there is none. */
  readonly stack?: string;
  /** Bytes of the memory. */
  readonly memoryBytes: number;
  /** False where the program ran on while the memory was read. */
  readonly consistent: boolean;
}

const MAGIC = Uint8Array.from([0x89, 0x47, 0x4f, 0x57, 0x41, 0x53, 0x4d, 0x0a]);
const VERSION = 1;
const MAX_HEADER = 1 << 20;
const MAX_MEMORY = 2 ** 32;

/** The bytes before the gzip stream. */
export function writeDumpHeader(header: DumpHeader): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(16 + json.length);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, json.length, true);
  bytes.set(json, 16);
  return bytes;
}

/** Whether a file is a dump of this format, by its first bytes. */
export function isDump(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** The header and the gzip stream of a dump. Throws a FormatError for other bytes. */
export function readDump(bytes: Uint8Array): { readonly header: DumpHeader; readonly content: Uint8Array } {
  if (!isDump(bytes) || bytes.length < 16) throw dumpError(0, 'expected a memory dump of gowasm');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(8, true);
  if (version !== VERSION) throw dumpError(8, `version ${version}, this reads version ${VERSION}`);
  const length = view.getUint32(12, true);
  if (length > MAX_HEADER || 16 + length > bytes.length) throw dumpError(12, `a header of ${length} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(16, 16 + length)));
  } catch {
    throw dumpError(16, 'the header is no JSON');
  }
  return { header: readHeader(value), content: bytes.subarray(16 + length) };
}

function readHeader(value: unknown): DumpHeader {
  const fields = fieldsOf(value);
  const module = fieldsOf(fields['module']);
  const sha256 = module['sha256'];
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw dumpError(16, 'the header names no module by its SHA-256');
  }
  const memoryBytes = count(fields['memoryBytes']);
  if (memoryBytes === null || memoryBytes > MAX_MEMORY) throw dumpError(16, 'the header has no memoryBytes');
  const time = fields['time'];
  return {
    module: { sha256, name: text(module['name']) },
    goVersion: text(fields['goVersion']),
    url: text(fields['url']),
    time: typeof time === 'number' && Number.isFinite(time) ? time : null,
    sp: count(fields['sp']),
    origin: fields['origin'] === 'trap' ? 'trap' : 'live',
    title: text(fields['title']),
    ...(typeof fields['stack'] === 'string' ? { stack: fields['stack'] } : {}),
    memoryBytes,
    consistent: fields['consistent'] !== false,
  };
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

const dumpError = (at: number, expected: string): FormatError => new FormatError('memory dump', at, expected);

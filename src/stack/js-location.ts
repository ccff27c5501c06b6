import { isWasmUrl } from '../base/wasm-url.ts';

/** Where a JavaScript stack says a frame is. */
export interface JsLocation {
  /** As printed; null when none is. */
  readonly url: string | null;
  /** Index in the function index space of the module; null where not printed. */
  readonly funcIndex: number | null;
  /** Bytes from the start of the module; null where not printed. */
  readonly moduleOffset: number | null;
  /** 1-based line and column of JavaScript; null for wasm and where not printed. */
  readonly line: number | null;
  readonly column: number | null;
  readonly isWasm: boolean;
}

const NOWHERE: JsLocation = {
  url: null,
  funcIndex: null,
  moduleOffset: null,
  line: null,
  column: null,
  isWasm: false,
};

/** Locations that engines print where there is no source text. */
const WITHOUT_SOURCE = /^(?:<anonymous>|native|\[native code\]|index \d+)$/;

/**
 * Reads the location of a frame; null when the text is none. Forms: `URL:LINE:COLUMN`; V8 and SpiderMonkey's
 * `URL:wasm-function[INDEX]:0xOFFSET`; what DevTools shows of it, `main.wasm:0xOFFSET` and `0123abcd:0xOFFSET`; SpiderMonkey's
 * debugger `... > WebAssembly.instantiate:OFFSET:1`; JavaScriptCore's `[wasm code]`; the structured call sites of V8, line 1 and
 * column OFFSET+1 of a `.wasm` URL. Linear in the length of the text.
 */
export function parseLocation(text: string): JsLocation | null {
  if (text === '[wasm code]') return { ...NOWHERE, isWasm: true };
  if (WITHOUT_SOURCE.test(text)) return NOWHERE;
  return wasmFunction(text) ?? wasmOffset(text) ?? sourcePosition(text);
}

const WASM_FUNCTION = /^wasm-function\[(\d{1,10})\](?::(?:0x([0-9a-fA-F]{1,13})|\d{1,10}))?$/;

function wasmFunction(text: string): JsLocation | null {
  const at = text.lastIndexOf('wasm-function[');
  if (at < 0 || text.length - at > 64) return null;
  const found = WASM_FUNCTION.exec(text.slice(at));
  if (found === null) return null;
  const before = text.slice(0, at);
  if (before !== '' && !before.endsWith(':')) return null;
  return {
    ...NOWHERE,
    url: before.slice(0, -1) || null,
    funcIndex: Number(found[1]),
    // Chrome before 2019 printed decimal offsets from the start of the function; they are of no use here.
    moduleOffset: found[2] === undefined ? null : Number.parseInt(found[2], 16),
    isWasm: true,
  };
}

function wasmOffset(text: string): JsLocation | null {
  const at = text.lastIndexOf(':0x');
  if (at <= 0 || text.length - at > 16) return null;
  const digits = text.slice(at + 3);
  if (!/^[0-9a-fA-F]{1,13}$/.test(digits)) return null;
  const url = text.slice(0, at);
  if (!isUrlLike(url)) return null;
  return { ...NOWHERE, url, moduleOffset: Number.parseInt(digits, 16), isWasm: true };
}

function sourcePosition(text: string): JsLocation | null {
  const tail = Math.max(0, text.length - 24);
  const found = /:(\d{1,10})(?::(\d{1,10}))?$/.exec(text.slice(tail));
  if (found === null) return null;
  const url = text.slice(0, tail + found.index);
  if (!isUrlLike(url)) return null;
  const line = Number(found[1]);
  const column = found[2] === undefined ? null : Number(found[2]);
  if (/ > WebAssembly\.\w{1,24}$/.test(url.slice(-40))) {
    return { ...NOWHERE, url, moduleOffset: line, isWasm: true };
  }
  if (line === 1 && column !== null && column > 0 && isWasmUrl(url)) {
    return { ...NOWHERE, url, moduleOffset: column - 1, isWasm: true };
  }
  return { ...NOWHERE, url, line, column };
}

/** Words of a sentence and numbers are no URL; Firefox adds ` line 3 > eval` to one, and a file name may have spaces in a `file:` URL. */
function isUrlLike(text: string): boolean {
  if (/^\d*$/.test(text)) return false;
  if (!/\s/.test(text)) return true;
  return (
    / line \d{1,10} > /.test(text) ||
    /^(?:file|node|https?|blob):/.test(text) ||
    text === 'debugger eval code'
  );
}

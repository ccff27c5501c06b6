import type { FunctionRole } from '../symbols/symbol-source.ts';
import type { StackFrame } from './stack-trace.ts';

/**
 * Functions outside package runtime that are a part of dying, not of the program: the runtime's own code under another package's
 * name (`go:linkname`), and what leads from os.Exit to the exit import.
 */
const DYING = new Set([
  'panic', // how Go prints runtime.gopanic
  'sync.fatal',
  'sync.throw',
  'internal/sync.fatal',
  'internal/sync.throw',
  'crypto/rand.fatal',
  'crypto/internal/sysrand.fatal',
  'crypto/internal/fips140.fatal',
  'os.Exit',
  'os.runtime_beforeExit',
  'syscall.Exit',
]);

/**
 * The way from JavaScript into Go code and between goroutines, and assembly that has no Go frame (Go src/runtime/asm_wasm.s,
 * rt0_js_wasm.s, rt0_wasip1_wasm.s, src/internal/bytealg, 1.19 to 1.27).
 */
const GLUE = new Set([
  'wasm_pc_f_loop',
  'wasm_pc_f_loop_export',
  'wasm_export_run',
  'wasm_export_resume',
  'wasm_export_getsp',
  'wasm_export_lib',
  '_rt0_wasm_js',
  '_rt0_wasm_wasip1',
  '_rt0_wasm_wasip1_lib',
  'syscall/js.handleEvent',
  'gcWriteBarrier',
  'memeqbody',
  'memchr',
  'memcmp',
  'cmpbody',
]);

const RUNTIME_PACKAGES = [
  'runtime.',
  'runtime/internal/',
  'internal/runtime/',
  'internal/abi.',
  'internal/task.',
  'internal/bytealg.',
];

/** Calls through reflect: the frames between a caller's method value and the method. */
const REFLECT_CALLS =
  /^reflect\.(?:Value\.call|Value\.Call|Value\.CallSlice|call|callMethod|callReflect|makeFuncStub|methodValueCall)$/;

/**
 * Why a Go function's frame is folded by default; null for the program's own code and the libraries it calls. `role` as the symbols
 * say it; without symbols, as in Go's own text, name and file alone tell. `file` may be empty.
 */
export function foldOfGo(name: string, role: FunctionRole | null, file = ''): StackFrame['fold'] {
  if (role === 'glue' || GLUE.has(name)) return 'glue';
  if (role === 'wrapper') return 'wrapper';
  if (role === 'runtime' || DYING.has(name) || isRuntimeName(name)) return 'runtime';
  return isLinkedFromRuntime(name, file) ? 'runtime' : null;
}

function isRuntimeName(name: string): boolean {
  // TinyGo puts the receiver before the package: `(*internal/task.Task).Resume`.
  const path = name.replace(/^\(\*?/, '');
  return RUNTIME_PACKAGES.some((prefix) => path.startsWith(prefix)) || REFLECT_CALLS.test(name);
}

/**
 * The runtime's own code under the name of another package of the standard library (`go:linkname`): `sync.runtime_SemacquireMutex` in
 * runtime/sema.go, `time.Sleep` in runtime/time.go. Packages outside the standard library have a dot in the first part of their path.
 */
function isLinkedFromRuntime(name: string, file: string): boolean {
  if (!/(?:^|[/\\]src[/\\])runtime[/\\][^/\\]+\.(?:go|s)$/.test(file)) return false;
  const [first = ''] = name.split('/', 1);
  return !name.startsWith('main.') && (name.includes('/') ? !first.includes('.') : true);
}

/** Functions of wasm_exec.js (Go 1.11 to 1.27) that stand on stacks, however bundlers prefix them. */
const WASM_EXEC_FUNCTION =
  /(?:^|[ .])(?:runtime\.(?:wasmExit|wasmWrite|scheduleTimeoutEvent|clearTimeoutEvent|getRandomData|resetMemoryDataView|nanotime1|walltime1?)|syscall\/js\.\w+|_resume|_makeFuncWrapper|_pendingEvent)$/;
const GO_METHOD = /(?:^|[ .])Go\.(?:run|_resume|exit|importObject\.\S+)$/;
const WASM_EXEC_URL = /(?:^|[/\\])wasm_exec(?:_node)?(?:[.-][\w.-]{1,64})?\.[cm]?[jt]s(?:[?#].*)?$/s;

/** Why a JavaScript frame is folded by default: wasm_exec.js, found by its URL, or by its functions' names when it is bundled. */
export function foldOfJs(functionName: string | null, url: string | null): StackFrame['fold'] {
  if (url !== null && WASM_EXEC_URL.test(url)) return 'glue';
  if (functionName === null || functionName.length > 256) return null;
  const name = functionName.replace(/ \[as [^\]]*\]$/, '');
  return WASM_EXEC_FUNCTION.test(name) || GO_METHOD.test(name) ? 'glue' : null;
}

/** Whether a JavaScript frame is where wasm_exec.js goes on with a program that had waited: its wasm stack begins anew there. */
export function isResume(functionName: string | null): boolean {
  return functionName !== null && /(?:^|[ .])_resume$/.test(functionName);
}

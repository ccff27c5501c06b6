/**
 * How a program died. `panic`: an unrecovered Go panic; `fatal`: a runtime `fatal error` (concurrent map writes, ...); `trap`: a
 * WebAssembly RuntimeError; `exit`: os.Exit or the end of main with a code; `deadlock`: all goroutines asleep; `stack-overflow`:
 * the engine's RangeError or Go's own limit; `out-of-memory`; `exception`: a JavaScript error thrown by an import.
 */
export type TrapKind =
  'panic' | 'fatal' | 'trap' | 'exit' | 'deadlock' | 'stack-overflow' | 'out-of-memory' | 'exception';

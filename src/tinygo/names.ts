// Names of functions as TinyGo writes them (TinyGo compiler/symbol.go, 0.33): `main.f`, `(*main.T).Method`, `(main.T).Method`, closures `main.f$1`,
// instances `main.f[int]`, wrappers `main.f$gowrapper` and `(main.T).Method$invoke`, the initialiser of a package `pkg.init`.

/** Of a function: program code, the runtime, a wrapper that the compiler made, or what leads from JavaScript and between goroutines into Go code. */
export type TinyGoRole = 'user' | 'runtime' | 'wrapper' | 'glue';

/** The import path of the package that holds a function; '' for C and assembly. */
export function packageOfTinyGo(name: string): string {
  const open = /^\(\*?/.exec(name)?.[0].length ?? 0;
  const bracket = name.indexOf('[');
  const head = name.slice(open, bracket < 0 ? undefined : bracket);
  const dot = head.indexOf('.', head.lastIndexOf('/') + 1);
  const path = dot < 0 ? '' : head.slice(0, dot);
  return /^[\w./~-]+$/.test(path) ? path : '';
}

/** Whether a function leads into a goroutine: what the scheduler calls first (`main.worker$gowrapper`; in DWARF `<goroutine wrapper>`). */
export const isGoroutineWrapper = (name: string): boolean =>
  name === '<goroutine wrapper>' || name.endsWith('$gowrapper');

/** The role of a function by its name. */
export function roleOfTinyGo(name: string): TinyGoRole {
  if (isGoroutineWrapper(name)) return 'glue';
  if (/\$(?:invoke|exported|typeassert)$/.test(name)) return 'wrapper';
  const path = packageOfTinyGo(name);
  // malloc, tinygo_launch, _start.command_export, asyncify_*.
  if (
    path === '' ||
    /^(?:tinygo_|asyncify_|__wasm_|wasm_|_start|_initialize|resume\b|go_scheduler)/.test(name)
  )
    return 'glue';
  if (path === 'runtime' || /^runtime\/(?:interrupt|volatile)$/.test(path) || path === 'internal/task')
    return 'runtime';
  return 'user';
}

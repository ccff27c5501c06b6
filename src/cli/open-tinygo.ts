import { FormatError } from '../base/format-error.ts';
import type { ModuleSymbols } from '../symbols/choose.ts';
import { TinyGoRuntime } from '../tinygo/tasks.ts';
import { InputError } from './io.ts';

/** What a TinyGo module says of its runtime; throws an InputError that says what it lacks. `path` is for the message. */
export function openTinyGo(path: string, { wasm, dwarf }: ModuleSymbols): TinyGoRuntime {
  if (dwarf === undefined) {
    throw new InputError(
      `${path}: it has no DWARF, which says where its goroutines and its heap are: build it without -no-debug, and keep its custom sections`,
    );
  }
  return attempt(path, () => new TinyGoRuntime(wasm, dwarf.dwarf));
}

/** Turns what is said of damage into what is said to a person. */
export function attempt<Value>(path: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof FormatError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
}

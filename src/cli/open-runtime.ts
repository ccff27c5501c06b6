import { readGoModule } from '../go/go-module.ts';
import { readRuntime, type GoRuntime } from '../go/runtime/runtime.ts';
import { readModule } from '../wasm/module.ts';
import { InputError } from './io.ts';

/** Why nothing is read out of the memory of other modules. */
export const NOT_GO =
  'not a module of standard Go or of TinyGo: how other programs keep their memory is not known, and they have no goroutines';

/** What a module of standard Go says of its runtime; throws an InputError for another one. `path` is for the message. */
export function openRuntime(path: string, bytes: Uint8Array): GoRuntime {
  const module = readGoModule(readModule(bytes));
  if (module === undefined) throw new InputError(`${path}: ${NOT_GO}`);
  return readRuntime(module);
}

import { readGoModule } from '../go/go-module.ts';
import { readRuntime, type GoRuntime } from '../go/runtime/runtime.ts';
import { readModule } from '../wasm/module.ts';
import { InputError } from './io.ts';

/** What a module of standard Go says of its runtime; throws an InputError for another one. `path` is for the message. */
export function openRuntime(path: string, bytes: Uint8Array): GoRuntime {
  const module = readGoModule(readModule(bytes));
  if (module === undefined) throw new InputError(`${path}: not a module of standard Go`);
  return readRuntime(module);
}

import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import { gather } from '../../memory/need-pages.ts';
import { traceableAt } from './channel-layouts.ts';
import type { GoRuntime } from './runtime.ts';

/** Who waits on semaphores, which locks of package sync are made of. */
export interface Semaphores {
  /** By goroutine (its runtime.g): the address of the semaphore's word. */
  readonly byGoroutine: ReadonlyMap<Address, Address>;
  /** By semaphore: the goroutines, in the order in which they came or are served. */
  readonly waiters: ReadonlyMap<Address, readonly Address[]>;
  /** Sentences: what could not be read and why. */
  readonly notes: readonly string[];
}

// Go src/runtime/sema.go, 1.19 to 1.27: semtable has 251 entries of a cache line (64 bytes on wasm) each: the lock (one word on wasm,
// where ranks and wait lists of locks are off), treap, nwait. The treap has one record for each semaphore, those behind it in waitlink.
const ROOTS = 251;
const ROOT_SIZE = 64;
const TREAP = 8;
/** More goroutines than a program in a browser has. */
const MAX_RECORDS = 1 << 20;

/** Reads runtime.semtable. Throws only NeedPages. */
export function readSemaphores({ globals, channels }: GoRuntime, memory: Memory): Semaphores {
  const byGoroutine = new Map<Address, Address>();
  const waiters = new Map<Address, Address[]>();
  const notes: string[] = [];
  const table = globals.semtable.address;
  if (table === undefined || channels === undefined) {
    const { confidence } = globals.semtable;
    const why = confidence.kind === 'exact' ? 'runtime.sudog is not known' : confidence.why;
    return { byGoroutine, waiters, notes: [`runtime.semtable cannot be read: ${why}.`] };
  }
  const { sudog } = channels;
  const element = traceableAt(channels, 'elem');
  const word = (at: Address, offset: number): Address => address(memory.word(address(at + offset)));
  const seen = new Set<Address>();
  const add = (record: Address, semaphore: Address): void => {
    const goroutine = word(record, sudog.g);
    byGoroutine.set(goroutine, semaphore);
    const list = waiters.get(semaphore);
    if (list === undefined) waiters.set(semaphore, [goroutine]);
    else list.push(goroutine);
  };
  const walk = (root: Address): void => {
    const pending = [word(root, TREAP)];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (node === 0) continue;
      const semaphore = word(node, element);
      for (let record = node; record !== 0; record = word(record, sudog.waitlink)) {
        if (seen.has(record) || seen.size >= MAX_RECORDS) {
          notes.push(`The list of those that wait on 0x${semaphore.toString(16)} does not end.`);
          return;
        }
        seen.add(record);
        add(record, semaphore);
      }
      pending.push(word(node, sudog.prev), word(node, sudog.next));
    }
  };
  expectBytes(memory, table, ROOTS * ROOT_SIZE);
  const roots = Array.from({ length: ROOTS }, (_, i) => address(table + i * ROOT_SIZE));
  gather(roots, (root) => {
    try {
      walk(root);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      notes.push(`A root of runtime.semtable cannot be read: ${error.message}.`);
    }
  });
  return { byGoroutine, waiters, notes };
}

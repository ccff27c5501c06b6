import type { ProtoReader } from './proto-reader.ts';

/** Ids of a table in the file (any 64-bit number but 0) -> row. */
export class IdMap {
  readonly #what: string;
  /** Ids below its length -> row + 1, 0 for none. Most files count from 1. */
  readonly dense: Int32Array;
  readonly #sparse = new Map<number | bigint, number>();

  /** `what`: the name of a row in errors. `rows`: how many there will be. */
  constructor(what: string, rows: number) {
    this.#what = what;
    this.dense = new Int32Array(rows + 2);
  }

  /** Gives the id that `reader` read last the row `row`; `at`: where the row begins. */
  add(reader: ProtoReader, id: number, row: number, at: number): void {
    if (id === 0) throw reader.error(this.#what, 'expected an id that is not 0', at);
    const known = this.find(reader, id);
    if (known >= 0) throw reader.error(this.#what, `id ${id} is already that of another ${this.#what}`, at);
    if (id < this.dense.length) this.dense[id] = row + 1;
    else this.#sparse.set(keyOf(reader, id), row);
  }

  /** The same for an id as most files have them; false where it is another, or already that of a row. */
  addPlain(id: number, row: number): boolean {
    if (id === 0 || id >= this.dense.length || this.dense[id] !== 0) return false;
    this.dense[id] = row + 1;
    return true;
  }

  /** The row of an id as most files have them; -1 for none, and where it is another. */
  findPlain(id: number): number {
    return id < this.dense.length ? (this.dense[id] ?? 0) - 1 : -1;
  }

  /** The row of the id that `reader` read last; -1 for none. */
  find(reader: ProtoReader, id: number): number {
    if (id < this.dense.length) return (this.dense[id] ?? 0) - 1;
    return this.#sparse.get(keyOf(reader, id)) ?? -1;
  }
}

function keyOf(reader: ProtoReader, id: number): number | bigint {
  return id <= Number.MAX_SAFE_INTEGER ? id : reader.exactUnsigned;
}

import { FormatError } from '../../../base/format-error.ts';
import type { Steps } from '../../../base/steps.ts';
import { address, goPc } from '../../../base/units.ts';
import type { Memory } from '../../../memory/memory.ts';
import type { ProgramCode } from '../program.ts';
import type { ClosureShapes } from './closure-shapes.ts';
import { GrowingColumn } from './columns.ts';
import { ComparedWords } from './compared-words.ts';
import type { HeapObjects } from './objects.ts';
import { ObjectTypes, UNKNOWN } from './object-types.ts';
import type { PointerWords } from './pointer-words.ts';
import { Rank } from './rank.ts';
import { allocatedSize, TINY_SIZE } from './size-classes.ts';
import { Slot, type Shape, type TypeShapes } from './type-shapes.ts';

// The types of objects that say nothing of themselves: what points to them does. A pointer of type *T in an object of known type makes its
// target a T when a T is allocated in that size and the collector's map of the target's pointers is that of T. Layouts of maps: Go
// src/runtime/map.go (hmap, up to 1.23), src/internal/runtime/maps (Map, table; since 1.24).

const WORD = 8;
/** hmap: Go src/runtime/map.go. */
const HMAP = { size: 48, b: 9, buckets: 16, oldBuckets: 24 };
const MAX_B = 30;
/** maps.Map and maps.table: Go src/internal/runtime/maps. */
const SWISS = { size: 48, directory: 16, length: 24, table: 32, groups: 16, mask: 24 };
const MAX_GROUPS = 1 << 26;
/** Elements of an object that are followed in one step. */
const AT_A_TIME = 1 << 14;
/** Tables of one map whose entries are looked at. */
const MAX_TABLES = 64;

export interface TypedObjects {
  readonly types: ObjectTypes;
  /** Number of each object's type in `types`. */
  readonly type: Uint32Array;
  /** One of `Rank`. */
  readonly rank: Uint8Array;
  /** Types of values that share a block of 16 bytes, by address. */
  readonly tiny: ReadonlyMap<number, number>;
}

/** Says types of objects, and follows what they say of others. */
export class TypeTracer {
  readonly types: ObjectTypes;
  readonly type: Uint32Array;
  readonly rank: Uint8Array;
  readonly tiny = new Map<number, number>();
  readonly #memory: Memory;
  readonly #objects: HeapObjects;
  readonly #pointers: PointerWords;
  readonly #shapes: TypeShapes;
  readonly #program: ProgramCode;
  readonly #closures: ClosureShapes;
  readonly #pending = new GrowingColumn();
  readonly #queued: Uint8Array;
  readonly #headers: boolean;
  readonly #words: ComparedWords;

  constructor(
    memory: Memory,
    objects: HeapObjects,
    pointers: PointerWords,
    shapes: TypeShapes,
    program: ProgramCode,
    closures: ClosureShapes,
  ) {
    this.types = new ObjectTypes(shapes, program);
    this.type = new Uint32Array(objects.count);
    this.rank = new Uint8Array(objects.count);
    this.#queued = new Uint8Array(objects.count);
    this.#memory = memory;
    this.#objects = objects;
    this.#pointers = pointers;
    this.#shapes = shapes;
    this.#program = program;
    this.#closures = closures;
    this.#words = new ComparedWords(objects, pointers);
    this.#headers = program.minor >= 22;
  }

  /** Gives every object the type that the allocator noted for it. */
  *readExact(): Steps<void> {
    const objects = this.#objects;
    for (let object = 0; object < objects.count; object++) {
      if ((object & 0xfff) === 0) yield object / objects.count;
      const at = this.#pointers.typeOf(object);
      if (at === 0) continue;
      const shape = this.#shapes.shapeAt(at);
      if (shape === undefined || shape.type.size === 0) continue;
      const { type } = shape;
      const room = objects.sizeOf(object) - this.#pointers.headerSize(object);
      if (type.size > room) continue;
      const single = this.#allocated(type.size, shape) === objects.sizeOf(object);
      this.#set(object, this.types.number(single ? 'value' : 'array', at), Rank.exact);
    }
  }

  /** Follows what is pending until nothing new is said. */
  *run(): Steps<void> {
    let done = 0;
    for (let object = this.#pending.pop(); object !== undefined; object = this.#pending.pop()) {
      // What lies in an object is what takes time.
      done += 1 + (this.#objects.sizeOf(object) >>> 6);
      if (done > 0x3ff) {
        done = 0;
        yield undefined;
      }
      this.#queued[object] = 0;
      try {
        for (let from = this.#follow(object, 0); from > 0; from = this.#follow(object, from)) yield undefined;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
  }

  /** What the words at `at` say, if they are a value with this shape. Throws only NeedPages. */
  followValue(shape: Shape, at: number): void {
    try {
      this.#followShape(shape, at);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }

  /** The two words at `at` as an interface; `itab`: of a type with methods. False where the first is not what it has to be. */
  followInterface(at: number, itab: boolean): boolean {
    const word = this.#word(at);
    if (word === 0) return false;
    const type = this.#shapes.typeAt(itab ? this.#itabType(word) : word);
    if (type === undefined) return false;
    const data = this.#word(at + WORD);
    if (!this.#shapes.isDirect(type)) {
      const shape = this.#shapes.shapeAt(type.address);
      if (shape !== undefined) this.#propose(data, 'value', type.address, type.size, shape);
      return true;
    }
    const shape = this.#shapes.shapeAt(type.address);
    const code = shape?.code[0];
    if (code !== undefined) this.#followPointer(code, shape?.argument[0] ?? 0, data, 0);
    return true;
  }

  /** Takes the object for one value of the type. */
  sayShape(object: number, number: number): void {
    this.#set(object, number, Rank.shape);
  }

  /** Takes the object at `pointer` for a closure, when its first word is the PC of a function that can be one. */
  sayClosure(pointer: number): boolean {
    const object = this.#objects.find(pointer);
    if (object < 0 || this.#objects.address[object] !== pointer) return false;
    const pc = this.#word(pointer);
    if (!this.isEntry(pc)) return false;
    this.#set(object, this.types.number('closure', pc), Rank.fits);
    return true;
  }

  /** Whether `pc` is where a function of the program begins. */
  isEntry(pc: number): boolean {
    return pc !== 0 && this.#program.functionAt(goPc(pc))?.entry === pc;
  }

  /** Whether the object has room for `count` values of this shape at its start, and just their pointers. */
  holds(object: number, shape: Shape, count: number): boolean {
    const start = this.#objects.addressOf(object) + this.#pointers.headerSize(object);
    const room = this.#objects.addressOf(object) + this.#objects.sizeOf(object) - start;
    if (count * shape.type.size > room) return false;
    if (this.#objects.hasPointers(object) !== shape.pointers.length > 0) return false;
    return !this.#objects.hasPointers(object) || this.#words.agrees(object, start, shape, room);
  }

  /** Where the entries of the map with this header are, in how many buckets or groups, were they of this shape; throws a FormatError. */
  mapStorages(header: number, shape: Shape): { readonly at: number; readonly count: number }[] {
    const at = this.#objects.addressOf(header);
    if (this.#program.minor < 24) {
      const b = this.#memory.u8(address(at + HMAP.b));
      return [{ at: this.#word(at + HMAP.buckets), count: b > MAX_B ? 0 : 2 ** b }];
    }
    const directory = this.#word(at + SWISS.directory);
    const length = this.#word(at + SWISS.length);
    if (length === 0) return [{ at: directory, count: 1 }];
    const tables = new Set<number>();
    for (let i = 0; i < Math.min(length, MAX_TABLES); i++) tables.add(this.#word(directory + i * WORD));
    return [...tables].map((table) => ({
      at: this.#word(table + SWISS.groups),
      count: Math.min(this.#word(table + SWISS.mask) + 1, Math.floor(this.#memory.size / shape.type.size)),
    }));
  }

  #word(at: number): number {
    return this.#memory.word(address(at));
  }

  #itabType(itab: number): number {
    return itab < this.#memory.size - 16 ? this.#word(itab + WORD) : 0;
  }

  #set(object: number, number: number, rank: number): void {
    this.type[object] = number;
    this.rank[object] = rank;
    if (this.#queued[object] === 1) return;
    this.#queued[object] = 1;
    this.#pending.push(object);
  }

  #allocated(bytes: number, shape: Shape): number {
    return allocatedSize(bytes, shape.pointers.length > 0, this.#headers);
  }

  /** Follows what an object says, from its element `from` on; the element to go on with, 0 at the end. */
  #follow(object: number, from: number): number {
    const { kind, descriptor } = this.types.at(this.type[object] ?? UNKNOWN);
    const objects = this.#objects;
    const start = (objects.address[object] ?? 0) + this.#pointers.headerSize(object);
    const end = (objects.address[object] ?? 0) + objects.sizeOf(object);
    switch (kind) {
      case 'value':
      case 'array': {
        const shape = this.#shapes.shapeAt(descriptor);
        if (shape === undefined || shape.offset.length === 0 || shape.type.size < WORD) return 0;
        const { size } = shape.type;
        const elements = kind === 'value' ? 1 : Math.floor((end - start) / size);
        const until = Math.min(elements, from + AT_A_TIME);
        if (start + until * size > end) return 0;
        for (let i = from; i < until; i++) this.#followShape(shape, start + i * size);
        return until < elements ? until : 0;
      }
      case 'closure': {
        const shape = this.#closures.of(this.#words.key(object));
        if (shape !== undefined) this.#followShape(shape, start);
        return 0;
      }
      case 'map':
        return this.#followMap(descriptor, start, from);
      case 'chan': {
        const type = this.#shapes.typeAt(descriptor);
        const shape = type && this.#shapes.shapeAt(this.#shapes.elemOf(type));
        if (shape === undefined) return 0;
        const count = this.#word(start + WORD);
        // hchan.buf; where elements have no pointers they stand behind the header.
        const buffer = this.#word(start + 2 * WORD);
        if (count > 0) this.#propose(buffer, 'array', shape.type.address, count * shape.type.size, shape);
        return 0;
      }
      case 'directory':
        return this.#followTables(descriptor, start, Math.floor((end - start) / WORD), from);
      case 'string':
      case 'unknown':
        return 0;
    }
  }

  #followShape(shape: Shape, base: number): void {
    const { offset, code, argument } = shape;
    for (let i = 0; i < offset.length; i++) {
      const at = base + (offset[i] ?? 0);
      const slot = code[i] ?? 0;
      if (slot === Slot.emptyInterface || slot === Slot.interface)
        this.followInterface(at, slot === Slot.interface);
      else {
        const pointer = this.#word(at);
        if (pointer !== 0) this.#followPointer(slot, argument[i] ?? 0, pointer, at);
      }
    }
  }

  /** `at`: where the pointer stands, for the lengths behind it; 0 when it stands alone. */
  #followPointer(code: number, argument: number, pointer: number, at: number): void {
    switch (code) {
      case Slot.pointer: {
        const shape = this.#shapes.shapeAt(argument);
        if (shape !== undefined) this.#propose(pointer, 'value', argument, shape.type.size, shape);
        return;
      }
      case Slot.string:
        this.#proposeString(pointer, this.#word(at + WORD));
        return;
      case Slot.slice: {
        const shape = this.#shapes.shapeAt(argument);
        const count = this.#word(at + 2 * WORD);
        if (shape !== undefined && this.#word(at + WORD) <= count) {
          this.#propose(pointer, 'array', argument, count * shape.type.size, shape);
        }
        return;
      }
      case Slot.map:
        this.#proposeHeader(pointer, 'map', argument);
        return;
      case Slot.chan:
        this.#proposeHeader(pointer, 'chan', argument);
        return;
      case Slot.func:
        this.sayClosure(pointer);
    }
  }

  #followMap(map: number, at: number, from: number): number {
    const parts = this.#shapes.mapParts(map);
    const shape = parts && this.#shapes.shapeAt(parts.storage);
    if (parts === undefined || shape === undefined) return 0;
    if (this.#program.minor < 24) {
      const b = this.#memory.u8(address(at + HMAP.b));
      if (b > MAX_B) return 0;
      const bytes = 2 ** b * shape.type.size;
      for (const offset of [HMAP.buckets, HMAP.oldBuckets]) {
        const pointer = this.#word(at + offset);
        // Up to sixteen buckets stand alone; behind more there are spare ones.
        if (pointer !== 0) this.#propose(pointer, 'array', parts.storage, bytes, shape, true);
      }
      return 0;
    }
    const directory = this.#word(at + SWISS.directory);
    const length = this.#word(at + SWISS.length);
    if (directory === 0) return 0;
    if (length === 0) {
      this.#propose(directory, 'array', parts.storage, shape.type.size, shape);
      return 0;
    }
    const object = this.#objects.find(directory);
    if (object < 0 || this.#objects.sizeOf(object) < length * WORD) return 0;
    const exact = this.rank[object] === Rank.exact;
    if (!exact && this.types.at(this.type[object] ?? 0).kind !== 'directory') {
      this.#set(object, this.types.number('directory', map), Rank.fits);
    }
    if (!exact) return 0;
    const end = this.#objects.addressOf(object) + this.#objects.sizeOf(object);
    return this.#followTables(map, directory, Math.min(length, Math.floor((end - directory) / WORD)), from);
  }

  /** Tables of a map in its directory, as `#follow` says. */
  #followTables(map: number, directory: number, count: number, from: number): number {
    const storage = this.#shapes.mapParts(map)?.storage ?? 0;
    const until = Math.min(count, from + AT_A_TIME);
    for (let i = from; i < until; i++) this.#followTable(storage, this.#word(directory + i * WORD));
    return until < count ? until : 0;
  }

  #followTable(storage: number, table: number): void {
    const shape = this.#shapes.shapeAt(storage);
    const object = table === 0 ? -1 : this.#objects.find(table);
    if (object < 0 || shape === undefined || this.#objects.sizeOf(object) !== SWISS.table) return;
    const described = this.#closures.tableType;
    if (described !== 0 && (this.rank[object] ?? 0) < Rank.fits) {
      this.#set(object, this.types.number('value', described), Rank.fits);
    }
    const groups = this.#word(table + SWISS.mask) + 1;
    if (groups > MAX_GROUPS) return;
    this.#propose(this.#word(table + SWISS.groups), 'array', storage, groups * shape.type.size, shape);
  }

  #proposeHeader(pointer: number, kind: 'map' | 'chan', descriptor: number): void {
    const object = this.#objects.find(pointer);
    if (object < 0 || this.#objects.address[object] !== pointer) return;
    if (kind === 'map' && this.#objects.sizeOf(object) !== HMAP.size) return;
    this.#better(object, this.types.number(kind, descriptor), Rank.fits);
  }

  #proposeString(pointer: number, bytes: number): void {
    const object = this.#objects.find(pointer);
    if (object < 0 || this.#objects.hasPointers(object)) return;
    const from = pointer - (this.#objects.address[object] ?? 0);
    const size = this.#objects.sizeOf(object);
    if (bytes === 0 || from + bytes > size) return;
    const number = this.types.number('string');
    if (size === TINY_SIZE && bytes < TINY_SIZE) this.#sayTiny(object, pointer, number);
    else {
      const fits = from === 0 && allocatedSize(bytes, false, this.#headers) === size;
      this.#better(object, number, fits ? Rank.fits : Rank.part);
    }
  }

  #sayTiny(object: number, at: number, number: number): void {
    if (!this.tiny.has(at)) this.tiny.set(at, number);
    if (this.rank[object] === Rank.none) this.#set(object, number, Rank.part);
  }

  #better(object: number, number: number, rank: number): void {
    if (rank > (this.rank[object] ?? 0)) this.#set(object, number, rank);
  }

  /** A value of the type, or an array of them, is at `pointer` and `bytes` long; `spare`: there may be more behind it. */
  #propose(
    pointer: number,
    kind: 'value' | 'array',
    descriptor: number,
    bytes: number,
    shape: Shape,
    spare = false,
  ): void {
    const objects = this.#objects;
    const object = pointer === 0 ? -1 : objects.find(pointer);
    if (object < 0 || this.rank[object] === Rank.exact || bytes === 0) return;
    const size = objects.sizeOf(object);
    const start = (objects.address[object] ?? 0) + this.#pointers.headerSize(object);
    const room = size - (pointer - (objects.address[object] ?? 0));
    const hasPointers = objects.hasPointers(object);
    if (bytes > room) return;
    if (!hasPointers && size === TINY_SIZE && bytes < TINY_SIZE && shape.pointers.length === 0) {
      this.#sayTiny(object, pointer, this.types.number(kind, descriptor));
      return;
    }
    if (pointer !== start) {
      if (
        kind === 'array' &&
        (this.rank[object] ?? 0) < Rank.part &&
        (pointer - start) % shape.type.size === 0
      ) {
        const whole = Math.floor((size - (start - (objects.address[object] ?? 0))) / shape.type.size);
        const same = hasPointers === shape.pointers.length > 0;
        if (same && this.#words.agrees(object, start, shape, whole * shape.type.size)) {
          this.#set(object, this.types.number('array', descriptor), Rank.part);
        }
      }
      return;
    }
    const fits = this.#allocated(bytes, shape) === size || (spare && bytes <= size);
    const rank = fits ? Rank.fits : kind === 'array' ? Rank.partArray : Rank.part;
    const known = this.rank[object] ?? 0;
    if (rank <= known && !(rank === known && fits && this.#isLarger(object, bytes))) return;
    if (hasPointers !== shape.pointers.length > 0) return;
    // A value that does not fill its object is the first of an array of them, or the beginning of something else.
    if (rank === Rank.part && !hasPointers) return;
    const compared = fits && kind === 'value' ? bytes : room;
    if (hasPointers && !this.#words.agrees(object, start, shape, compared)) return;
    this.#set(object, this.types.number(fits ? kind : 'array', descriptor), rank);
  }

  /** Whether `bytes` are more than what is known of the object. */
  #isLarger(object: number, bytes: number): boolean {
    const { kind, descriptor } = this.types.at(this.type[object] ?? 0);
    return kind === 'value' && (this.#shapes.shapeAt(descriptor)?.type.size ?? 0) < bytes;
  }

  /** Size and pointers of an object as a text, the same as `shapeKey` gives for its type; '' for a very large one. */
  pointerKey(object: number): string {
    return this.#words.key(object);
  }
}

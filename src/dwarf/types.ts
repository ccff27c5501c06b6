import type { UnitHeader } from './unit-headers.ts';

/** Where the entry of a type stands: position in the section of its unit. */
export interface TypeRef {
  readonly header: UnitHeader;
  readonly entry: number;
}

export type TypeKind =
  | 'base'
  | 'pointer'
  | 'reference'
  | 'rvalueReference'
  | 'memberPointer'
  | 'struct'
  | 'class'
  | 'union'
  | 'enum'
  | 'array'
  | 'typedef'
  | 'const'
  | 'volatile'
  | 'restrict'
  | 'atomic'
  | 'subroutine'
  | 'unspecified'
  /** Of other languages: sets, files, strings of Fortran. */
  | 'other';

/** A member of a struct, class or union, or a class that it inherits from. */
export interface TypeField {
  /** '' without one: of what it inherits from, of anonymous members. */
  readonly name: string;
  readonly type: TypeRef | undefined;
  /** Bytes from the start of the type; undefined where only a running program can tell (virtual bases), or of static members. */
  readonly offset: number | undefined;
  /** Of a bit field: its first bit, counted from the start of the type, and its bits; undefined for others. */
  readonly bitOffset: number | undefined;
  readonly bitSize: number | undefined;
  readonly role: 'member' | 'base' | 'static';
  /** Made by the compiler. */
  readonly artificial: boolean;
}

/** One form that a type with variants takes (an enum of Rust). */
export interface TypeVariant {
  /** Values of the discriminant that choose it, both ends included; none: every other value. */
  readonly values: readonly { readonly low: bigint; readonly high: bigint }[];
  readonly fields: readonly TypeField[];
}

export interface VariantPart {
  /** The member that tells which variant it is; undefined where there is one variant only. */
  readonly discriminant: TypeField | undefined;
  readonly variants: readonly TypeVariant[];
}

/** One dimension of an array. */
export interface Dimension {
  /** As it is written down; undefined: the language's own. */
  readonly lower: number | undefined;
  /** Elements; undefined where it is open or only a running program can tell. */
  readonly count: number | undefined;
}

/** A value of an enumeration. */
export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

/** One entry of a type (DWARF 5, chapter 5). What it refers to is read when it is asked for. */
export interface DwarfType {
  readonly ref: TypeRef;
  readonly kind: TypeKind;
  /** DW_TAG_*. */
  readonly tag: number;
  /** Its own name; '' without one. */
  readonly name: string;
  /** The names of what it is declared in, joined by `::`; '' without. */
  readonly scope: string;
  /** As the entry says it; undefined where it does not (see `DwarfTypes.sizeOf`). */
  readonly byteSize: number | undefined;
  /** Of a base type: DW_ATE_*; 0 for others. */
  readonly encoding: number;
  /** What is pointed to, qualified, aliased, the element, the result, or what an enumeration is stored as; undefined: nothing (`void`). */
  readonly target: TypeRef | undefined;
  /** Of a pointer to a member: the class. */
  readonly containing: TypeRef | undefined;
  /** What it is, is said in another place that is not in this module. */
  readonly declaration: boolean;
  readonly fields: readonly TypeField[];
  readonly variants: VariantPart | undefined;
  readonly enumerators: readonly Enumerator[];
  readonly dimensions: readonly Dimension[];
  /** Of a subroutine: the types of its parameters; `artificial`: `this`. */
  readonly parameters: readonly { readonly type: TypeRef | undefined; readonly artificial: boolean }[];
  /** Of a subroutine: more parameters may follow. */
  readonly variadic: boolean;
  /** Of C++ and Rust: what it was instantiated with. */
  readonly typeArguments: readonly { readonly name: string; readonly type: TypeRef | undefined }[];
}

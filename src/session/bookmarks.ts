/** Places in the memory of programs of one module that a person marked. */
export interface ModuleBookmarks {
  /** SHA-256 of the module's bytes, hex: another build has other addresses. */
  readonly module: string;
  readonly marks: readonly Bookmark[];
}

export interface Bookmark {
  readonly address: number;
  readonly label: string;
}

/** Modules whose bookmarks are kept, those that changed last; marks of each; characters of a label. */
const MAX_MODULES = 50;
const MAX_MARKS = 200;
const MAX_LABEL = 200;

/** The marks of a module, in rising order of address. */
export function bookmarksOf(
  all: readonly ModuleBookmarks[] | undefined,
  module: string,
): readonly Bookmark[] {
  return all?.find((one) => one.module === module)?.marks ?? [];
}

/** Sets the mark at an address, or takes it away where `label` is null. */
export function setBookmark(
  all: readonly ModuleBookmarks[] | undefined,
  module: string,
  address: number,
  label: string | null,
): readonly ModuleBookmarks[] {
  const others = bookmarksOf(all, module).filter((mark) => mark.address !== address);
  const marks = label === null ? others : [...others, { address, label: label.slice(0, MAX_LABEL) }];
  const sorted = [...marks].sort((a, b) => a.address - b.address).slice(0, MAX_MARKS);
  const rest = (all ?? []).filter((one) => one.module !== module);
  return (sorted.length === 0 ? rest : [{ module, marks: sorted }, ...rest]).slice(0, MAX_MODULES);
}

/** Takes from stored data what are bookmarks. */
export function readBookmarks(stored: unknown): readonly ModuleBookmarks[] {
  let all: readonly ModuleBookmarks[] = [];
  for (const one of listOf(stored).slice(0, MAX_MODULES).reverse()) {
    const { module, marks } = fieldsOf(one);
    if (typeof module !== 'string' || !/^[0-9a-f]{64}$/.test(module)) continue;
    for (const mark of listOf(marks).slice(0, MAX_MARKS)) {
      const { address, label } = fieldsOf(mark);
      const isAddress =
        typeof address === 'number' && Number.isInteger(address) && address >= 0 && address < 2 ** 32;
      if (isAddress && typeof label === 'string') all = setBookmark(all, module, address, label);
    }
  }
  return all;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

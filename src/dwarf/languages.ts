/** DW_LANG_* whose arrays begin at 1 (DWARF 5, table 7.17): Ada, COBOL, Fortran, Pascal, Modula-2, PL/I, Julia. */
const FROM_ONE: ReadonlySet<number> = new Set([
  0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0d, 0x0e, 0x0f, 0x1f, 0x22, 0x23, 0x2d,
]);

/** Index of the first element of an array of a language, where it does not say one. */
export const lowerBoundOf = (language: number): number => (FROM_ONE.has(language) ? 1 : 0);

/**
 * The one error of every reader: a byte that is not what the format says. The caller turns it into a diagnostic for the unit
 * that was being read (a section, a table, a goroutine) and keeps everything else.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  /** What was being read, in the format's own term: `Code section`, `pclntab`, `moduledata`. */
  readonly section: string;
  /** Where: bytes from the start of the file, or, when `memory` is set, an address in linear memory. */
  readonly offset: number;
  /** True when `offset` is an address in linear memory. */
  readonly memory: boolean;

  constructor(section: string, offset: number, expected: string, memory = false) {
    const where = memory ? `address 0x${offset.toString(16)}` : `offset 0x${offset.toString(16)}`;
    super(`${section} at ${where}: ${expected}`);
    this.section = section;
    this.offset = offset;
    this.memory = memory;
  }
}

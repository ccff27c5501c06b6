// Go's own crash text (GOTRACEBACK=system), as far as the tests compare it: an independent reading of src/runtime/traceback.go's output.

/** A line pair of a traceback. `pc`, `sp`, `fp` and `offset` are -1 for inlined functions. */
export interface TextFrame {
  readonly function: string;
  readonly args: string;
  readonly file: string;
  readonly line: number;
  readonly offset: number;
  readonly fp: number;
  readonly sp: number;
  readonly pc: number;
}

export interface TextStack {
  /** 0 for `runtime stack:`. */
  readonly id: number;
  readonly state: string;
  /** `5 minutes, locked to thread`: what follows the state. */
  readonly rest: string;
  readonly frames: readonly TextFrame[];
  /** How many of `frames` come before a line that says that frames were left out; null without such a line. */
  readonly gapAfter: number | null;
  /** The unwinder met something that it did not expect and said so in between: `frames` are those before. */
  readonly cut: boolean;
  readonly createdBy: string | null;
  readonly createdOffset: number | null;
}

/** The stacks of a crash text, in its order. */
export function readCrashText(text: string): TextStack[] {
  const stacks: TextStack[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const header = /^goroutine (\d+) .*?\[(.*?)(?:, (\d+ minutes.*|locked to thread))?\]:$/.exec(line);
    if (header === null && line !== 'runtime stack:') continue;
    const frames: TextFrame[] = [];
    let gapAfter: number | null = null;
    let createdBy: string | null = null;
    let createdOffset: number | null = null;
    let cut = false;
    for (i++; i < lines.length; i++) {
      const head = lines[i] ?? '';
      if (head === '') break;
      if (/^\.\.\..*frames elided\.\.\.$/.test(head)) {
        gapAfter = frames.length;
        continue;
      }
      const place =
        /^\t(.*):(\d+)(?: \+0x([0-9a-f]+))?(?: fp=0x([0-9a-f]+) sp=0x([0-9a-f]+) pc=0x([0-9a-f]+))?$/.exec(
          lines[++i] ?? '',
        );
      cut = place === null;
      if (place === null) break;
      const [, file = '', number = '0', offset, fp, sp, pc] = place;
      if (head.startsWith('created by ')) {
        createdBy = `${head} ${file}:${number}`;
        createdOffset = offset === undefined ? null : parseInt(offset, 16);
        continue;
      }
      const open = head.lastIndexOf('(');
      const hex = (digits: string | undefined): number => (digits === undefined ? -1 : parseInt(digits, 16));
      frames.push({
        function: head.slice(0, open),
        args: head.slice(open + 1, -1),
        file,
        line: Number(number),
        offset: hex(offset),
        fp: hex(fp),
        sp: hex(sp),
        pc: hex(pc),
      });
    }
    const [, id = '0', state = '', rest = ''] = header ?? [];
    stacks.push({ id: Number(id), state, rest, frames, gapAfter, cut, createdBy, createdOffset });
  }
  return stacks;
}

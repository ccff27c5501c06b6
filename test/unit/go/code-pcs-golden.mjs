// @ts-check
// Writes code-pcs.<version>.txt: the PC of every instruction of package main of fixtures/programs/stacks, as Go's assembler
// lists it. Needs Go:
//
//     node test/unit/go/code-pcs-golden.mjs 1.27.3            runs `go` with GOTOOLCHAIN=go1.27.3
//     node test/unit/go/code-pcs-golden.mjs 1.19.8 <command>  runs another go command
//
// A line is a function: its name, how many PCs it has, and runs of instructions with the same PC, `count:pc`. The listing
// (`go build -gcflags=-S`) names Go's pseudo-instructions; what each becomes is in Go's src/cmd/internal/obj/wasm/wasmobj.go,
// function assemble.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [version, command = 'go'] = process.argv.slice(2);
if (!version) throw new Error('usage: code-pcs-golden.mjs VERSION [GO COMMAND]');

const GOTOOLCHAIN = command === 'go' ? `go${version}` : 'local';
const env = { ...process.env, GOOS: 'js', GOARCH: 'wasm', GOTOOLCHAIN };
const cwd = join(import.meta.dirname, '..', '..', '..', 'fixtures', 'programs');
const build = spawnSync(command, ['build', '-trimpath', '-gcflags=-S', '-o', '/dev/null', './stacks'], {
  cwd,
  env,
  encoding: 'utf8',
  maxBuffer: 1 << 30,
});
if (build.status !== 0) throw new Error(build.stderr.slice(-2000));

/** Registers that are globals of the module; the others are locals. */
const GLOBALS = new Set(['SP', 'CTXT', 'g', 'RET0', 'RET1', 'RET2', 'RET3', 'PAUSE']);
const NOTHING = new Set(['TEXT', 'FUNCDATA', 'PCDATA', 'NOP']);

/** @typedef {{pc: number, as: string, argument: string}} Row */

/** The PC of each wasm instruction of a function. @param {readonly Row[]} rows */
function instructionPcs(rows) {
  const first = rows[0]?.pc ?? 0;
  // SP is copied to its local at the start.
  const pcs = [first, first];
  for (let i = 0; i < rows.length; i++) {
    const { pc, as, argument } = /** @type {Row} */ (rows[i]);
    if (NOTHING.has(as)) continue;
    pcs.push(pc);
    // Set SP writes the local and the global; after a call SP is copied again.
    if (as === 'Set' && argument === 'SP') pcs.push(pc);
    if (as === 'Call' || as === 'CallIndirect') pcs.push(pc, pc);
    // Set and Get of the same local is one local.tee.
    const next = rows[i + 1];
    if (as === 'Set' && !GLOBALS.has(argument) && next?.as === 'Get' && next.argument === argument) i++;
  }
  // The body's own end.
  pcs.push(rows.at(-1)?.pc ?? 0);
  return pcs;
}

/** @param {readonly number[]} pcs */
function runs(pcs) {
  /** @type {[count: number, pc: number][]} */
  const result = [];
  for (const pc of pcs) {
    const last = result.at(-1);
    if (last?.[1] === pc) last[0]++;
    else result.push([1, pc]);
  }
  return result.map(([count, pc]) => `${count}:${pc}`).join(' ');
}

/** @type {Map<string, string>} */
const lines = new Map();
/** @type {{name: string, size: number, rows: Row[]} | undefined} */
let current;
for (const line of `${build.stderr}\nend`.split('\n')) {
  if (!line.startsWith('\t')) {
    if (current)
      lines.set(current.name, `${current.name}\t${current.size}\t${runs(instructionPcs(current.rows))}`);
    const header = /^(\S.*) STEXT .*?size=(\d+)/.exec(line);
    current =
      header?.[1] !== undefined && header[1].startsWith('main.')
        ? { name: header[1], size: Number(header[2]), rows: [] }
        : undefined;
    continue;
  }
  const row = /^\t0x([0-9a-f]+) \d+ \(.*?\)\t(\S+)(?:\t(.*))?$/.exec(line);
  if (current && row) {
    current.rows.push({ pc: parseInt(row[1] ?? '', 16), as: row[2] ?? '', argument: (row[3] ?? '').trim() });
  }
}
const text = [...lines.values()].sort().join('\n');
writeFileSync(join(import.meta.dirname, `code-pcs.${version}.txt`), `${text}\n`);

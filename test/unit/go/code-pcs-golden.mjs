// @ts-check
// Writes code-pcs.<version>.txt: the PC of every instruction of package main of fixtures/programs/stacks, as Go's assembler
// lists it. Needs Go:
//
//     node test/unit/go/code-pcs-golden.mjs 1.27.3            runs `go` with GOTOOLCHAIN=go1.27.3
//     node test/unit/go/code-pcs-golden.mjs 1.19.8 <command>  runs another go command
//
// A line is a function: its name, how many PCs it has, runs of instructions with the same PC, `count:pc`, and runs with the same place
// in the source, `count:file:line`, where the file is its number in the first line. The listing
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

/** @typedef {{pc: number, place: string, as: string, argument: string}} Row */

/** The row of each wasm instruction of a function. @param {readonly Row[]} rows */
function instructions(rows) {
  const first = /** @type {Row} */ (rows[0]);
  // SP is copied to its local at the start.
  const result = [first, first];
  for (let i = 0; i < rows.length; i++) {
    const row = /** @type {Row} */ (rows[i]);
    const { as, argument } = row;
    if (NOTHING.has(as)) continue;
    result.push(row);
    // Set SP writes the local and the global; after a call SP is copied again.
    if (as === 'Set' && argument === 'SP') result.push(row);
    if (as === 'Call' || as === 'CallIndirect') result.push(row, row);
    // Set and Get of the same local is one local.tee.
    const next = rows[i + 1];
    if (as === 'Set' && !GLOBALS.has(argument) && next?.as === 'Get' && next.argument === argument) i++;
  }
  // The body's own end.
  result.push(rows.at(-1) ?? first);
  return result;
}

/** @param {readonly (string | number)[]} values */
function runs(values) {
  /** @type {[count: number, value: string | number][]} */
  const result = [];
  for (const value of values) {
    const last = result.at(-1);
    if (last?.[1] === value) last[0]++;
    else result.push([1, value]);
  }
  return result.map(([count, value]) => `${count}:${value}`).join(' ');
}

/** @type {Map<string, number>} */
const files = new Map();

/** `file:line` with the file's number. @param {string} place */
function numbered(place) {
  const [, path = '', line = ''] = /^(.*):(\d+)$/.exec(place) ?? [];
  // Go 1.19 lists paths before -trimpath changes them.
  const file = path
    .replace(/^.*\/fixtures\/programs\//, 'example.com/fixtures/')
    .replace(/^.*\/go-1\.\d+\/src\//, '');
  if (!files.has(file)) files.set(file, files.size);
  return `${files.get(file)}:${line}`;
}

/** @type {Map<string, string>} */
const lines = new Map();
/** @type {{name: string, size: number, rows: Row[]} | undefined} */
let current;
for (const line of `${build.stderr}\nend`.split('\n')) {
  if (!line.startsWith('\t')) {
    if (current !== undefined && current.rows.length > 0) {
      const listed = instructions(current.rows);
      const pcs = runs(listed.map(({ pc }) => pc));
      const places = runs(listed.map(({ place }) => numbered(place)));
      lines.set(current.name, `${current.name}\t${current.size}\t${pcs}\t${places}`);
    }
    const header = /^(\S.*) STEXT .*?size=(\d+)/.exec(line);
    current =
      header?.[1] !== undefined && header[1].startsWith('main.')
        ? { name: header[1], size: Number(header[2]), rows: [] }
        : undefined;
    continue;
  }
  const row = /^\t0x([0-9a-f]+) \d+ \((.*?)\)\t(\S+)(?:\t(.*))?$/.exec(line);
  if (current && row) {
    const [, pc = '', place = '', as = '', argument = ''] = row;
    current.rows.push({ pc: parseInt(pc, 16), place, as, argument: argument.trim() });
  }
}
const text = [`files\t${[...files.keys()].join('\t')}`, ...[...lines.values()].sort()].join('\n');
writeFileSync(join(import.meta.dirname, `code-pcs.${version}.txt`), `${text}\n`);

import { moduleOffset } from '../base/units.ts';
import { classifyDeath } from '../stack/classify.ts';
import { formatGoText, formatStack, formatTraceback } from '../stack/format.ts';
import { claimsOf, locateFrame, symbolizeJsStack } from '../stack/from-js.ts';
import { parseGoText } from '../stack/go-text.ts';
import { parseJsStacks, type JsFrame, type JsStack } from '../stack/js-stack.ts';
import type { StackFrame } from '../stack/stack-trace.ts';
import type { Frame, Location } from '../symbols/symbol-source.ts';
import type { Symbolizer } from '../symbols/symbolizer.ts';
import { InputError, UsageError, type CliIo } from './io.ts';
import { readInput } from './module-file.ts';
import { openTold } from './open-module.ts';
import { formatHex, formatTable } from './table.ts';

export interface SymbolizeOptions {
  readonly modulePath: string;
  readonly json: boolean;
  /** `-` is standard input; null without --stack. */
  readonly stackPath: string | null;
  readonly offsets: readonly string[];
}

/** One place as `--json` prints it. */
interface Entry {
  /** The line of the stack; only with --stack. */
  readonly raw?: string;
  /** Bytes from the start of the module; null where the stack gives none. */
  readonly offset: number | null;
  readonly confidence: 'exact' | 'range' | 'inferred' | 'unavailable';
  /** The reason, unless exact. */
  readonly why?: string;
  /** Innermost first. */
  readonly frames: readonly Frame[];
  /** Where the place may be instead, each as complete as `frames`. */
  readonly alternatives?: readonly (readonly Frame[])[];
}

/** gowasm symbolize */
export async function symbolize(options: SymbolizeOptions, io: CliIo): Promise<number> {
  const offsets = options.offsets.map(parseOffset);
  if (offsets.length === 0 && options.stackPath === null) {
    throw new UsageError('symbolize needs an OFFSET or --stack');
  }
  const { symbolizer } = await openTold(options.modulePath, io);
  const text = options.stackPath === null ? null : await readText(options.stackPath, io);
  const stacks = text === null ? [] : parseJsStacks(text);
  const goText = text === null ? null : parseGoText(text);
  if (text !== null && stacks.length === 0 && (goText === null || goText.goroutines.length === 0)) {
    throw new InputError(`${options.stackPath ?? ''}: no stack was found in this text`);
  }
  checkFit(stacks, symbolizer, options, io);

  if (options.json) {
    const entries = [
      ...offsets.map((offset) => entryOf(offset, symbolizer.locate(moduleOffset(offset)))),
      ...stacks.flatMap((stack) => stack.frames.map((frame) => entryOfFrame(frame, symbolizer))),
      ...(goText?.goroutines ?? []).flatMap((stack) => stack.frames.map(entryOfGoFrame)),
    ];
    io.stdout(`${JSON.stringify(entries, null, 2)}\n`);
    return 0;
  }
  const blocks = [
    ...(offsets.length === 0 ? [] : [offsets.map((offset) => formatPlace(offset, symbolizer)).join('')]),
    ...stacks.map((stack) => formatJsStack(stack, symbolizer)),
    ...(goText === null || goText.goroutines.length === 0 ? [] : [formatGoText(goText)]),
  ];
  io.stdout(blocks.join('\n'));
  return 0;
}

/** A module offset: 0x.. or decimal. */
function parseOffset(text: string): number {
  const offset = /^(?:0[xX][0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(offset)) {
    throw new UsageError(
      `${JSON.stringify(text)} is no OFFSET: bytes from the start of the module, 0x.. or decimal`,
    );
  }
  return offset;
}

async function readText(path: string, io: CliIo): Promise<string> {
  const bytes = path === '-' ? await io.readStdin() : await readInput(path, io);
  return new TextDecoder().decode(bytes);
}

/** A stack of another build gives wrong names that look right: say so, and refuse one of which nothing fits. */
function checkFit(
  stacks: readonly JsStack[],
  symbolizer: Symbolizer,
  options: SymbolizeOptions,
  io: CliIo,
): void {
  const { agreeing, contradicting } = symbolizer.fits(stacks.flatMap(claimsOf));
  if (contradicting === 0) return;
  const what = `${contradicting} of ${agreeing + contradicting} WebAssembly frames are not in ${options.modulePath}`;
  if (agreeing === 0) throw new InputError(`${what}: the stack is of another module or of another build`);
  io.stderr(`gowasm: ${what}: the stack may be of another build, or of more than one module\n`);
}

function entryOf(offset: number | null, location: Location): Entry {
  const { confidence } = location;
  return {
    offset,
    confidence: confidence.kind,
    ...(confidence.kind === 'exact' ? {} : { why: confidence.why }),
    frames: location.frames,
    ...(location.alternatives === undefined ? {} : { alternatives: location.alternatives }),
  };
}

function entryOfFrame(frame: JsFrame, symbolizer: Symbolizer): Entry {
  const nothing = (why: string): Entry => ({
    raw: frame.raw,
    offset: frame.moduleOffset,
    confidence: 'unavailable',
    why,
    frames: [],
  });
  if (!frame.isWasm) return nothing('a frame of JavaScript');
  const location = locateFrame(frame, symbolizer);
  if (location === undefined) return nothing('not a place in this module');
  return { raw: frame.raw, ...entryOf(frame.moduleOffset, location) };
}

function entryOfGoFrame(frame: StackFrame): Entry {
  const { function: name, file, line, inlined, confidence } = frame;
  return {
    raw: frame.raw ?? name,
    offset: null,
    confidence: confidence.kind,
    ...(confidence.kind === 'exact' ? {} : { why: confidence.why }),
    frames: file === '' ? [] : [{ function: name, file, line, inlined }],
  };
}

function formatPlace(offset: number, symbolizer: Symbolizer): string {
  const { confidence, frames } = symbolizer.locate(moduleOffset(offset));
  const why = confidence.kind === 'exact' ? '' : `  ${confidence.kind}: ${confidence.why}`;
  const rows = frames.map((frame) => [
    `${frame.function}${frame.inlined ? ' (inlined)' : ''}`,
    frame.file === '' ? '' : `${frame.file}${formatLines(frame)}`,
  ]);
  return `${formatHex(offset)}${why}\n${formatTable(rows, '    ')}`;
}

function formatLines(frame: Frame): string {
  if (frame.line === 0) return '';
  return frame.lineEnd === undefined || frame.lineEnd === frame.line
    ? `:${frame.line}`
    : `:${frame.line}-${frame.lineEnd}`;
}

function formatJsStack(stack: JsStack, symbolizer: Symbolizer): string {
  const trace = symbolizeJsStack(stack, symbolizer);
  if (stack.error === null) return `${formatStack(trace)}\n${trace.note}\n`;
  const { title } = classifyDeath({ error: stack.error, text: '', exitCode: null });
  return `${formatTraceback(title, trace)}\n${trace.note}\n`;
}

import type { GoMessage, GoText } from './go-text.ts';
import { isRemark } from './remark.ts';
import type { StackFrame, StackTrace } from './stack-trace.ts';

/** What stands for the header where nobody knows the goroutine. */
const UNKNOWN_GOROUTINE = 'goroutine ? [running]:';

/**
 * A stack as Go prints it: `goroutine 1 [running]:`, two lines a frame, `created by`. Ends with a line end. Frames that Go hides are left out,
 * unless nothing would be left, and so are those of wasm_exec.js; other JavaScript frames stand between in the same form. A stack read from
 * Go's own text is printed in full. `below`: lines that follow those of a frame, which Go does not print.
 */
export function formatStack(
  stack: StackTrace,
  below: (frame: StackFrame) => readonly string[] = () => [],
): string {
  const shown = shownFrames(stack);
  const lines = [
    stack.header ?? UNKNOWN_GOROUTINE,
    ...shown.flatMap((frame) => [formatFrame(frame), ...below(frame)]),
  ];
  if (stack.createdBy !== null) {
    const { function: name, file, line, goroutine, pcOffset } = stack.createdBy;
    lines.push(`created by ${name}${goroutine === null ? '' : ` in goroutine ${goroutine}`}`);
    lines.push(`\t${file}:${line}${formatOffset(pcOffset ?? null)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A death as Go prints it: what it says (`panic: ...`), an empty line, the stack. Ends with a line end. */
export function formatTraceback(title: string, stack: StackTrace | null): string {
  return stack === null ? `${title}\n` : `${title}\n\n${formatStack(stack)}`;
}

/** A death for an issue, as Markdown: the title, the traceback in a fence, and a list of what it ran in. */
export function formatMarkdown(
  title: string,
  stack: StackTrace | null,
  environment: readonly string[],
): string {
  const traceback = formatTraceback(title, stack);
  const fence = '`'.repeat(Math.max(3, longestRun(traceback) + 1));
  const headline = title.split('\n', 1)[0] ?? '';
  const blocks = [`### ${asCode(headline)}`, `${fence}text\n${traceback}${fence}`];
  if (environment.length > 0) blocks.push(environment.map((line) => `- ${asItem(line)}`).join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

/** Go's crash text again from what was read of it: the same text, but for `fp=`, `sp=` and `pc=` of GOTRACEBACK=system. */
export function formatGoText(text: GoText): string {
  const head = [...text.prelude, ...text.messages.map(formatMessage)];
  if (text.signal !== null) head.push(text.signal);
  let result = head.map((line) => `${line}\n`).join('');
  for (const stack of text.goroutines) {
    const continues = stack.header?.startsWith('[originating from') === true;
    if (result !== '' && !continues) result += '\n';
    result += formatStack(stack);
  }
  return result;
}

function formatMessage(message: GoMessage): string {
  const state = message.state === null ? '' : ` [${message.state}]`;
  return `${message.nested ? '\t' : ''}${message.kind}: ${message.value}${state}`;
}

/** The frames of a stack that Go prints; all of them where it would print none, and in a stack from Go's own text. */
export function shownFrames(stack: StackTrace): readonly StackFrame[] {
  if (stack.source === 'text') return stack.frames;
  const shown: StackFrame[] = [];
  for (const frame of stack.frames) if (isShown(frame, shown.length > 0)) shown.push(frame);
  return shown.some((frame) => frame.language !== 'javascript') ? shown : stack.frames;
}

/**
 * Go src/runtime/traceback.go, showfuncinfo (1.27): all but wrappers, assembly and unexported functions of package runtime. `panic` is shown
 * inside a stack, between the deferred functions that it made run and the code that panicked.
 */
function isShown({ language, function: name, fold }: StackFrame, inside: boolean): boolean {
  if (language !== 'go' || isRemark(name)) return fold === null;
  if (fold === 'wrapper' || !name.includes('.')) return false;
  // The way through wasm_exec.js has frames of V8's that Go does not have, but for the event handler.
  if (fold === 'glue') return name === 'syscall/js.handleEvent';
  if (name === 'runtime.gopanic') return inside;
  return !name.startsWith('runtime.') || isExportedRuntime(name) || ALWAYS_SHOWN.has(name);
}

/** They tell what a goroutine is for. */
const ALWAYS_SHOWN = new Set(['runtime.runFinalizers', 'runtime.runCleanups']);

/** `runtime.Gosched`, `runtime.(*Func).Entry`. */
const isExportedRuntime = (name: string): boolean =>
  /^runtime\.(?:(?:\(\*)?[A-Z]\w*\)?\.)?[A-Z]\w*$/.test(name);

function formatFrame(frame: StackFrame): string {
  if (isRemark(frame.function)) {
    return frame.function.startsWith('goroutine running') ? `\t${frame.function}` : frame.function;
  }
  const name = frame.function === 'runtime.gopanic' ? 'panic' : frame.function;
  const call = `${name}(${frame.args ?? '...'})`;
  return frame.file === '' ? call : `${call}\n\t${formatPlace(frame)}${formatOffset(frame.pcOffset)}`;
}

function formatPlace(frame: StackFrame): string {
  if (frame.line === 0) return frame.file;
  const end = frame.lineEnd !== null && frame.lineEnd !== frame.line ? `-${frame.lineEnd}` : '';
  return `${frame.file}:${frame.line}${end}`;
}

const formatOffset = (pcOffset: number | null): string =>
  pcOffset === null || pcOffset === 0 ? '' : ` +0x${pcOffset.toString(16)}`;

/** Text as a code span, whatever it holds; line ends become spaces. */
function asCode(text: string): string {
  const ticks = '`'.repeat(longestRun(text) + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${ticks}${space}${text || ' '}${space}${ticks}`;
}

const asItem = (line: string): string =>
  line.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/[\\`*_<>[\]|#]/g, '\\$&');

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}

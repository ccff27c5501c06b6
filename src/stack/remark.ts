import type { StackFrame } from './stack-trace.ts';

// Go's tracebacks hold lines that stand for frames which are not printed. In a StackTrace they are frames whose function is that line.

const REMARK =
  /^(?:\.\.\.(?:additional|\d{1,10}) frames elided\.\.\.|goroutine running on other thread; stack unavailable|non-Go function(?: at pc=[0-9a-fx]{1,18})?)$/;

/** Whether a line of a traceback stands for frames that Go did not print. */
export const isRemark = (line: string): boolean => line.length < 80 && REMARK.test(line);

/** The frame that carries such a line. */
export function remarkFrame(line: string): StackFrame {
  return {
    function: line,
    file: '',
    line: 0,
    lineEnd: null,
    inlined: false,
    language: 'go',
    args: null,
    pcOffset: null,
    moduleOffset: null,
    raw: line,
    confidence: { kind: 'unavailable', why: 'Go did not print these frames' },
    fold: null,
  };
}

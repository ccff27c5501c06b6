import type { FrameArguments } from '../values/typed-arguments.ts';

/** Lines below a frame: `\t\tname string = "a"`. */
export function argumentLines(typed: FrameArguments | undefined): string[] {
  if (typed?.ok !== true) return [];
  return typed.arguments.map(({ name, type, text, confidence }) => {
    const doubt = confidence.kind === 'exact' ? '' : `\t(${confidence.why})`;
    return `\t\t${name === '' ? '_' : name} ${type} = ${text}${doubt}`;
  });
}

/** Null where they are not known. */
export function argumentsToJson(typed: FrameArguments | undefined): object | null {
  if (typed?.ok !== true) return null;
  return typed.arguments.map(({ name, type, text, confidence }) => ({
    ...{ name, type, value: text },
    confidence: confidence.kind,
  }));
}

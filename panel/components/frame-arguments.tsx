import type { JSX } from 'preact';
import { clip, tip } from '../model/text.ts';
import type { FrameArguments } from '../model/types.ts';

/** Characters of one value that are drawn. */
const VALUE_LIMIT = 400;

/** The arguments of a frame and its variables that have a value, in a few words, for a line of its stack: `c <-chan job = 0xc000012120 (0 of 8), name = "a"`. */
export function argumentsText(typed: FrameArguments | undefined): string {
  if (typed?.ok !== true) return '';
  return typed.arguments
    .filter(({ local, confidence }) => local !== true || confidence.kind !== 'unavailable')
    .map(
      ({ name, type, text, confidence }) =>
        `${name === '' || name === '_' ? type : name} = ${text}${confidence.kind === 'exact' ? '' : '?'}`,
    )
    .join(', ');
}

/** The arguments and variables of the chosen frame by name, type and value, or why they are not known by more than their words. */
export function ArgumentTable({ typed }: { typed: FrameArguments }): JSX.Element | null {
  if (!typed.ok) {
    return <div class="frame-arguments subtle">Arguments by name and type: {clip(typed.why, 400)}</div>;
  }
  if (typed.arguments.length === 0) return null;
  return (
    <table class="frame-arguments code" aria-label="Arguments">
      <tbody>
        {typed.arguments.map(({ name, type, text, confidence, local }, index) => {
          const unsure = confidence.kind === 'exact' ? null : confidence.why;
          return (
            <tr key={index}>
              <th scope="row" data-tip={local === true ? 'A variable of the function' : undefined}>
                {clip(name === '' ? '_' : name, 120)}
              </th>
              <td class="argument-type">{clip(type, 200)}</td>
              <td class={confidence.kind} data-tip={unsure === null ? undefined : tip(unsure)}>
                {clip(text, VALUE_LIMIT)}
                {unsure === null ? null : <span class="subtle"> {clip(unsure, 200)}</span>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

import type { JSX } from 'preact';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatCount, tip } from '../../model/text.ts';
import type { ConcludedVariable, MemoryPlace } from '../../model/types.ts';

/** How the names of package variables of a stripped module are known. */
export const WHY_CONCLUDED =
  'The module names no variable: its place is concluded from the source and the code that uses it.';

/** The package variable that holds a byte, as far as source and code say; null while that is not known. `address`: null asks nothing. */
export function useVariable(source: MemoryPlace, address: number | null): ConcludedVariable | null {
  const { client } = useModel();
  const question = address === null ? null : JSON.stringify([source, address]);
  const answer = useAnswer(question, () => client.memory.variable(source, address ?? 0));
  return answer.current ? answer.value : null;
}

/** The name of the variable that holds a byte, marked as concluded; what it is called without a name until that is known. */
export function VariableName({ source, address }: { source: MemoryPlace; address: number }): JSX.Element {
  const found = useVariable(source, address);
  if (found === null) return <>variable</>;
  const offset = address - found.start;
  return (
    <>
      variable{' '}
      <span class="code inferred" data-tip={tip(`${found.type}\n${WHY_CONCLUDED}`)}>
        {clip(found.name, 200)}
      </span>
      {offset === 0 ? '' : ` +${formatCount(offset)}`}
    </>
  );
}

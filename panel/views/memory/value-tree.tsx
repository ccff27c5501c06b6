import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../../components/icon.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatCount, formatHex, tip } from '../../model/text.ts';
import type { MemoryPlace, MemoryValuePart, ValueTypeName } from '../../model/types.ts';

/** A value of a type of the module, with parts that are read when they are opened. */
export function ValueTree({
  source,
  round,
  address,
  of,
  onGo,
  nested = false,
}: {
  source: MemoryPlace;
  /** Changes when the memory was read again. */
  round: number;
  address: number;
  of: ValueTypeName;
  onGo: (address: number) => void;
  /** Below a part, whose text stands there already. */
  nested?: boolean;
}): JSX.Element {
  const { client } = useModel();
  const question = JSON.stringify([source, address, of]);
  const { value, failure } = useAnswer(question, () => client.memory.value(source, address, of), round);
  if (failure !== null) return <div class="memory-value subtle">{clip(failure, 300)}</div>;
  if (value === null) return <div class="memory-value" />;
  const hidden = value.total - value.parts.length;
  return (
    <div class="memory-value code" role={nested ? 'group' : 'tree'} aria-label={nested ? undefined : 'Value'}>
      {nested ? null : (
        <div role="treeitem" class="memory-head" data-tip={tip(value.text)}>
          {clip(value.text, 300)}
        </div>
      )}
      {value.parts.map((part) => (
        <Part
          key={`${part.name} ${String(part.address)}`}
          source={source}
          round={round}
          part={part}
          onGo={onGo}
        />
      ))}
      {hidden > 0 ? <div class="subtle">and {formatCount(hidden)} more</div> : null}
    </div>
  );
}

function Part({
  source,
  round,
  part,
  onGo,
}: {
  source: MemoryPlace;
  round: number;
  part: MemoryValuePart;
  onGo: (address: number) => void;
}): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <div role="treeitem" aria-expanded={part.parts === 0 ? undefined : open} class="memory-part">
      <div
        class="memory-part-line"
        data-tip={tip(`${part.type} at ${formatHex(part.address)}\n${part.text}`)}
      >
        {part.parts === 0 ? (
          <span class="memory-leaf" />
        ) : (
          <button type="button" aria-label={`Open ${clip(part.name, 60)}`} onClick={() => setOpen(!open)}>
            <Icon name={open ? 'down' : 'right'} class="small" />
          </button>
        )}
        <button type="button" class="link" onClick={() => onGo(part.address)}>
          {clip(part.name, 100)}
        </button>
        : {clip(part.text, 300)}
      </div>
      {open ? (
        <ValueTree source={source} round={round} address={part.address} of={part.of} onGo={onGo} nested />
      ) : null}
    </div>
  );
}

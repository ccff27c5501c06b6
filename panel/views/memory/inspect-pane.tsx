import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useModel } from '../../model/context.ts';
import { clip, formatCount, formatHex, tip } from '../../model/text.ts';
import type { Inspection, MemoryPlace } from '../../model/types.ts';
import { useVariable, WHY_CONCLUDED } from './concluded-variable.tsx';
import { KIND_TITLES } from './region-kinds.ts';
import { ValueTree } from './value-tree.tsx';

/** What stands at the cursor: where it is, numbers, text, pointers, what Go may have put there, and a value of any type of the module. */
export function InspectPane({
  source,
  round,
  address,
  inspection,
  failure,
  onGo,
}: {
  source: MemoryPlace;
  /** Changes when the memory was read again. */
  round: number;
  address: number;
  /** Null while it is asked for. */
  inspection: Inspection | null;
  failure: string | null;
  onGo: (address: number) => void;
}): JSX.Element {
  const { store } = useModel();
  const [typed, setTyped] = useState(() => store.get('memoryType', isName) ?? '');
  const [type, setType] = useState(typed);
  const choose = (name: string): void => {
    setTyped(name);
    setType(name.trim());
    store.set('memoryType', name.trim());
  };
  const isVariable = inspection?.region?.kind === 'data' || inspection?.region?.kind === 'bss';
  const variable = useVariable(source, isVariable ? address : null);
  if (inspection === null) return <div class="memory-facts subtle">{clip(failure ?? '', 300)}</div>;
  const { region, parts, numbers, text, pointer, words } = inspection;
  const noted = variable?.start === address ? variable : parts.find((part) => part.type !== null);
  return (
    <div class="memory-facts" role="region" aria-label="At the cursor">
      <dl>
        <Fact name="Address">
          <span class="code">{formatHex(address)}</span> <span class="subtle">{formatCount(address)}</span>
        </Fact>
        {region === null ? null : (
          <Fact name="In" hint={KIND_TITLES[region.kind][1]}>
            <span class={`region-dot region-${region.kind}`} />
            {clip(region.name === '' ? KIND_TITLES[region.kind][0] : region.name, 200)}{' '}
            <span class="subtle">
              {formatHex(region.start)}–{formatHex(region.end)}
            </span>
          </Fact>
        )}
        {parts.map((part) => (
          <Fact
            key={part.start}
            name="Part of"
            hint={'why' in part.confidence ? part.confidence.why : undefined}
          >
            <span class={part.confidence.kind === 'exact' ? '' : 'inferred'}>{clip(part.text, 300)}</span>{' '}
            <Go to={part.start} onGo={onGo} />
            {part.start === address ? null : (
              <span class="subtle"> +{formatCount(address - part.start)}</span>
            )}
            {part.length === null ? null : <span class="subtle">, {formatCount(part.length)} B</span>}
          </Fact>
        ))}
        {variable === null ? null : (
          <Fact name="Variable" hint={WHY_CONCLUDED}>
            <span class="code inferred">{clip(variable.name, 200)}</span>{' '}
            <Go to={variable.start} onGo={onGo} />
            {variable.start === address ? null : (
              <span class="subtle"> +{formatCount(address - variable.start)}</span>
            )}
            <span class="subtle">
              , {clip(variable.type, 200)}, {formatCount(variable.size)} B
            </span>
          </Fact>
        )}
        <Fact name="Pointer" hint="The word here as an address">
          {pointer === null ? (
            <span class="subtle">none</span>
          ) : (
            <>
              <Go to={pointer.address} onGo={onGo} /> <span class="subtle">{clip(pointer.region, 200)}</span>
            </>
          )}
        </Fact>
        {words.map(({ kind, text: reading, target, confidence }) => (
          <Fact
            key={kind}
            name={WORD_NAMES[kind] ?? kind}
            hint={'why' in confidence ? confidence.why : undefined}
          >
            <span class="code inferred">{clip(reading, 400)}</span>{' '}
            {target === null ? null : <Go to={target} onGo={onGo} />}
          </Fact>
        ))}
        <Fact name="UTF-8">
          {text === '' ? (
            <span class="subtle">no text</span>
          ) : (
            <span class="code">{clip(JSON.stringify(text), 300)}</span>
          )}
        </Fact>
        {numbers.map(({ kind, text: number }) => (
          <Fact key={kind} name={kind}>
            <span class="code">{number}</span>
          </Fact>
        ))}
      </dl>
      <div class="memory-type">
        <label>
          As type{' '}
          <input
            type="text"
            class="text-field code"
            aria-label="Type of the value"
            placeholder="main.T, *main.T, []string"
            spellcheck={false}
            autocomplete="off"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') choose(event.currentTarget.value);
            }}
          />
        </label>
        {noted?.type == null || noted.type === type ? null : (
          <button
            type="button"
            class="link"
            data-tip={tip(
              noted === variable ? WHY_CONCLUDED : 'The type that the allocator noted for this object',
            )}
            onClick={() => {
              choose(noted.type ?? '');
              onGo(noted.start);
            }}
          >
            {clip(noted.type, 100)}
          </button>
        )}
      </div>
      {type === '' ? null : (
        <ValueTree
          key={`${String(address)} ${type}`}
          source={source}
          round={round}
          address={address}
          of={{ name: type }}
          onGo={onGo}
        />
      )}
    </div>
  );
}

const WORD_NAMES: Readonly<Record<string, string>> = {
  string: 'string',
  slice: 'slice',
  interface: 'interface',
  map: 'map',
  func: 'func',
  pc: 'PC',
  type: 'type',
};

const isName = (value: unknown): value is string => typeof value === 'string' && value.length < 500;

function Fact({
  name,
  hint,
  children,
}: {
  name: string;
  hint?: string | undefined;
  children: JSX.Element | string | readonly (JSX.Element | string | null)[];
}): JSX.Element {
  return (
    <div data-tip={tip(hint)}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A link to an address. */
export function Go({ to, onGo }: { to: number; onGo: (address: number) => void }): JSX.Element {
  return (
    <button type="button" class="link code" data-tip="Go there; Back leads back" onClick={() => onGo(to)}>
      {formatHex(to)}
    </button>
  );
}

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { DataGrid, type Column } from '../../components/data-grid.tsx';
import { Divider, TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { errorText } from '../../model/failure.ts';
import { clip, formatCount, formatHex, formatMemory, plural } from '../../model/text.ts';
import type { SearchMatch, SearchQuery, SearchResult } from '../../model/types.ts';
import { asciiRow, hexRow } from './hex-text.ts';
import { queryOf, type SearchKind } from './search-query.ts';
import type { SourceChoice } from './sources.ts';

const KINDS: readonly (readonly [SearchKind, string, string])[] = [
  ['text', 'Text', 'Text in UTF-8'],
  ['hex', 'Bytes', 'Bytes in hex: de ad be ef'],
  ['pointer', 'Pointers to', 'An address, or two with .. between: words that point there'],
];

const COLUMNS: readonly Column<SearchMatch>[] = [
  {
    id: 'address',
    title: 'Address',
    weight: 22,
    cell: ({ address }) => <span class="code">{formatHex(address)}</span>,
  },
  {
    id: 'region',
    title: 'In',
    weight: 34,
    tip: ({ region }) => region,
    cell: ({ region }) => clip(region, 200),
  },
  {
    id: 'bytes',
    title: 'Bytes',
    weight: 44,
    tip: ({ bytes }) => hexRow(bytes.length, (i) => bytes[i] ?? null),
    cell: ({ bytes }) => <span class="code">{asciiRow(bytes.length, (i) => bytes[i] ?? null)}</span>,
  },
];

/** Searches the whole memory: bytes, text, and what points to the bytes that are chosen. */
export function SearchPane({
  source,
  selection,
  onGo,
}: {
  source: SourceChoice;
  /** Bytes that are chosen, [from, to). */
  selection: { readonly from: number; readonly to: number };
  onGo: (address: number, width: number) => void;
}): JSX.Element {
  const model = useModel();
  const [kind, setKind] = useState<SearchKind>('text');
  const [text, setText] = useState('');
  const [asked, setAsked] = useState<{ readonly query: SearchQuery; readonly width: number } | null>(null);
  const [result, setResult] = useState<SearchResult | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  useEffect(() => {
    if (asked === null) return;
    let wanted = true;
    setResult(null);
    setFailure(null);
    setChosen(null);
    model.client.memory.search(source.place, asked.query).then(
      (value) => wanted && setResult(value),
      (error: unknown) => wanted && setFailure(errorText(error)),
    );
    return () => {
      wanted = false;
    };
  }, [asked]);

  const search = (of: SearchKind, what: string): void => {
    const made = queryOf(of, what);
    if ('why' in made) {
      setAsked(null);
      setResult(null);
      setFailure(made.why);
    } else setAsked(made);
  };
  const toHere = (): void => {
    const { from, to } = selection;
    const what = to - from === 1 ? formatHex(from) : `${formatHex(from)}..${formatHex(to - 1)}`;
    setKind('pointer');
    setText(what);
    search('pointer', what);
  };
  const open = (key: string): void => {
    setChosen(key);
    onGo(Number(key), asked?.width ?? 1);
  };
  const searching = asked !== null && result === null && failure === null;
  const task = model.state.value.tasks.find(({ title }) => title === 'Searching the memory');
  return (
    <>
      <Toolbar label="Search">
        <select
          class="select"
          aria-label="What is searched"
          value={kind}
          onChange={(event) => setKind(KINDS.find(([id]) => id === event.currentTarget.value)?.[0] ?? 'text')}
        >
          {KINDS.map(([id, title]) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
        <span class="filter-box memory-search">
          <input
            type="text"
            data-filter=""
            placeholder={KINDS.find(([id]) => id === kind)?.[2] ?? ''}
            aria-label="Search for"
            spellcheck={false}
            autocomplete="off"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') search(kind, event.currentTarget.value);
            }}
          />
        </span>
        <TextButton text="Find" disabled={text === ''} onClick={() => search(kind, text)} />
        <Divider />
        <TextButton
          text="Pointers here"
          tip="Finds every word that points to the byte at the cursor, or to the bytes that are chosen."
          onClick={toHere}
        />
        {searching && task !== undefined ? (
          <TextButton text="Cancel" onClick={() => model.client.cancelTask(task.id)} />
        ) : null}
      </Toolbar>
      <div class="memory-line subtle" role="status">
        {failure !== null
          ? clip(failure, 300)
          : searching
            ? 'Searching…'
            : result === null
              ? ''
              : resultText(result)}
      </div>
      <DataGrid
        id="memory-matches"
        label="Places found"
        columns={COLUMNS}
        rows={result?.matches ?? []}
        rowKey={({ address }) => String(address)}
        active={chosen}
        onActivate={open}
      />
    </>
  );
}

function resultText({ matches, more, searched }: SearchResult): string {
  const count = more ? `The first ${formatCount(matches.length)} places` : plural(matches.length, 'place');
  return `${count} in ${formatMemory(searched)}`;
}

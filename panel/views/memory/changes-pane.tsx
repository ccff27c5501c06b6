import type { JSX } from 'preact';
import { DataGrid, type Column } from '../../components/data-grid.tsx';
import { Toolbar } from '../../components/toolbar.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatBytes, formatCount, formatHex, formatMemory, plural } from '../../model/text.ts';
import type { MemoryChanges } from '../../model/types.ts';
import type { SourceChoice } from './sources.ts';

interface Change {
  readonly start: number;
  readonly length: number;
  readonly region: string;
}

const COLUMNS: readonly Column<Change>[] = [
  {
    id: 'start',
    title: 'Address',
    weight: 24,
    cell: ({ start }) => <span class="code">{formatHex(start)}</span>,
  },
  {
    id: 'length',
    title: 'Size',
    weight: 18,
    align: 'right',
    tip: ({ length }) => `${formatCount(length)} bytes`,
    cell: ({ length }) => formatBytes(length),
  },
  {
    id: 'region',
    title: 'In',
    weight: 58,
    tip: ({ region }) => region,
    cell: ({ region }) => clip(region, 200),
  },
];

/** What differs from another moment of the same program: a list of ranges; in the rows of the memory their bytes are marked. */
export function ChangesPane({
  source,
  sources,
  base,
  setBase,
  cursor,
  onGo,
}: {
  source: SourceChoice;
  sources: readonly SourceChoice[];
  base: SourceChoice | null;
  setBase: (id: string | null) => void;
  cursor: number;
  onGo: (address: number) => void;
}): JSX.Element {
  const { client } = useModel();
  const bases = sources.filter(({ id, moduleKey }) => id !== source.id && moduleKey === source.moduleKey);
  const question = base === null ? null : `${source.id} ${base.id}`;
  const answer = useAnswer(question, () =>
    base === null
      ? Promise.reject(new Error('nothing to compare with'))
      : client.memory.diff(source.place, base.place),
  );
  const changes = answer.current ? answer.value : null;
  const rows =
    changes === null
      ? []
      : changes.ranges.map((range, i) => ({ ...range, region: changes.regions[i] ?? '' }));
  const active = rows.find(({ start, length }) => cursor >= start && cursor < start + length);
  return (
    <>
      <Toolbar label="Changes">
        <span class="toolbar-text">Compare with</span>
        <select
          class="select"
          aria-label="Compare with"
          value={base?.id ?? ''}
          onChange={(event) => setBase(event.currentTarget.value === '' ? null : event.currentTarget.value)}
        >
          <option value="">nothing</option>
          {bases.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </Toolbar>
      <div class="memory-line subtle" role="status">
        {bases.length === 0
          ? 'There is no other moment of this program: take a snapshot, or open a dump.'
          : base === null
            ? ''
            : answer.failure !== null && answer.current
              ? clip(answer.failure, 300)
              : changes === null
                ? 'Comparing…'
                : changesText(changes)}
      </div>
      <DataGrid
        id="memory-changes"
        label="Changed ranges"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ start }) => String(start)}
        active={active === undefined ? null : String(active.start)}
        onActivate={(key) => onGo(Number(key))}
      />
    </>
  );
}

function changesText({ count, ranges, changedBytes, size, baseSize }: MemoryChanges): string {
  const grown = size === baseSize ? '' : `; ${formatMemory(baseSize)} then, ${formatMemory(size)} here`;
  const shown = count > ranges.length ? `, the first ${formatCount(ranges.length)} listed` : '';
  return `${plural(changedBytes, 'byte')} in ${plural(count, 'range')}${shown}${grown}`;
}

import type { ComponentChildren } from 'preact';
import type { Column } from '../../components/grid-parts.tsx';
import { clip } from '../../model/text.ts';
import type { ProfileFrame, ProfileSummary, ProfileValues } from '../../model/types.ts';
import { changeOf } from './flame-colors.ts';
import { changeText, placeText, shareText, valueOf } from './values.ts';

type ValueRow = ProfileFrame & ProfileValues;

/** The function column of tables. */
export function nameColumn<Row extends ProfileFrame>(sortable: boolean, weight: number): Column<Row> {
  return {
    id: 'name',
    title: 'Function',
    weight,
    sortable,
    tip: (row) => [row.name, placeText(row)].filter(Boolean).join('\n'),
    cell: ({ name }) => <span class="code">{clip(name, 300)}</span>,
  };
}

/** Columns for flat and cum; in a comparison what changed, with both values in the tip. */
export function valueColumns(
  summary: ProfileSummary,
  titles: { readonly flat: string; readonly cum: string },
  sortable: boolean,
): readonly Column<ValueRow>[] {
  const { unit, total, baseValue } = summary;
  const diff = baseValue !== null;
  const column = (
    id: 'flat' | 'cum',
    title: string,
    hint: string,
    of: (row: ValueRow) => readonly [now: number, base: number],
  ): Column<ValueRow> => ({
    ...{ id, title: diff ? `${title} change` : title, hint, weight: 28, align: 'right', sortable },
    descendingFirst: true,
    tip: (row) => {
      const [now, base] = of(row);
      return diff
        ? `now ${valueOf(now, unit)}, base ${valueOf(base, unit)}`
        : `${valueOf(now, unit)} (${shareText(now, total)})`;
    },
    cell: (row) => {
      const [now, base] = of(row);
      return diff ? (
        <ChangeCell now={now} base={base} total={total} unit={unit} />
      ) : (
        <ShareCell value={now} total={total} unit={unit} />
      );
    },
  });
  return [
    column('flat', titles.flat, 'Where it was running itself', (row) => [row.flat, row.baseFlat]),
    column('cum', titles.cum, 'With all that it called', (row) => [row.cum, row.baseCum]),
  ];
}

function ShareCell({
  value,
  total,
  unit,
}: {
  value: number;
  total: number;
  unit: string;
}): ComponentChildren {
  const share = total === 0 ? 0 : Math.min(1, Math.abs(value) / total);
  return (
    <span class="value-cell" style={{ '--share-of': `${String(Math.round(share * 1000) / 10)}%` }}>
      <span class="value-text">{valueOf(value, unit)}</span>
      <span class="value-share">{shareText(value, total)}</span>
    </span>
  );
}

function ChangeCell({
  now,
  base,
  total,
  unit,
}: {
  now: number;
  base: number;
  total: number;
  unit: string;
}): ComponentChildren {
  const change = changeOf(now, base);
  return (
    <span class={`value-cell change ${change > 0 ? 'grew' : change < 0 ? 'shrank' : ''}`}>
      <span class="value-text">{changeText(now - base, unit)}</span>
      <span class="value-share">{shareText(now - base, total)}</span>
    </span>
  );
}

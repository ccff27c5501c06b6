import type { JSX, TargetedKeyboardEvent } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useSize } from '../../components/use-size.ts';
import { useModel } from '../../model/context.ts';
import { OWNER_NAMES, pathTo } from '../../model/package-tree.ts';
import type { Owner, SizeNode } from '../../model/package-tree.ts';
import { clip, formatBytes, formatShare, plural } from '../../model/text.ts';
import { layoutTreemap, nextBox } from '../../model/treemap-layout.ts';
import type { TreemapBox, TreemapMove } from '../../model/treemap-layout.ts';

const MOVES: Readonly<Record<string, TreemapMove>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** Code bytes as nested boxes. A click or Enter zooms into a box's package, Escape and the line above zoom out. */
export function Treemap({ tree }: { tree: SizeNode }): JSX.Element {
  const model = useModel();
  const { zoom } = model.place.value;
  const path = useMemo(() => pathTo(tree, zoom), [tree, zoom]);
  const node = path.at(-1) ?? tree;
  const [picture, size] = useSize<HTMLDivElement>();
  const [activeId, setActiveId] = useState<string | null>(null);
  const boxes = useMemo(
    () => (size === null ? [] : layoutTreemap(node, size.width, size.height)),
    [node, size],
  );
  const leaves = useMemo(() => boxes.filter(({ open }) => !open), [boxes]);
  const active = leaves.find((box) => box.node.id === activeId) ?? null;
  const filter = model.filter('modules').value.trim().toLowerCase();

  const zoomTo = (id: string): void => {
    setActiveId(null);
    model.go({ zoom: id });
  };
  const zoomInto = (box: TreemapBox): void => {
    const target = zoomTarget(box);
    if (target !== null) zoomTo(target);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const move = MOVES[event.key];
    if (move !== undefined) {
      event.preventDefault();
      const next = active === null ? (leaves[0] ?? null) : nextBox(boxes, active, move);
      if (next !== null) setActiveId(next.node.id);
    } else if (event.key === 'Enter' && active !== null) {
      event.preventDefault();
      zoomInto(active);
    } else if ((event.key === 'Escape' || event.key === 'Backspace') && path.length > 1) {
      event.preventDefault();
      event.stopPropagation();
      zoomTo(path.at(-2)?.id ?? '');
    }
  };
  return (
    <div class="treemap">
      <div class="treemap-path" role="navigation" aria-label="Zoom">
        {path.map((step, index) => (
          <span key={step.id}>
            {index === 0 ? null : <span class="subtle"> / </span>}
            {index === path.length - 1 ? (
              <span>{clip(step.name, 80)}</span>
            ) : (
              <button type="button" class="link" onClick={() => zoomTo(step.id)}>
                {clip(step.name, 80)}
              </button>
            )}
          </span>
        ))}
        <span class="subtle"> {formatBytes(node.bytes)}</span>
        <span class="spring" />
        <Legend tree={tree} />
      </div>
      <div
        class="treemap-picture"
        ref={picture}
        role="tree"
        aria-label="Code by Go package"
        aria-activedescendant={active === null ? undefined : boxId(active)}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {boxes.map((box) => (
          <div
            key={box.node.id}
            id={boxId(box)}
            role="treeitem"
            class={`box ${box.node.owner} depth-${String(Math.min(box.depth, 4))} ${box.open ? 'open' : ''} ${box.node.kind} ${
              filter !== '' && !box.open && !isMatch(box, filter) ? 'faded' : ''
            }`}
            aria-level={box.depth}
            aria-selected={box === active}
            aria-expanded={box.open ? true : undefined}
            data-tip={boxTip(box, tree)}
            style={{
              left: `${String(box.x)}px`,
              top: `${String(box.y)}px`,
              width: `${String(box.width)}px`,
              height: `${String(box.height)}px`,
            }}
            onClick={(event) => {
              event.stopPropagation();
              if (box.open) zoomTo(box.node.id);
              else zoomInto(box);
            }}
          >
            {box.width > 24 && box.height > 13 ? (
              <span class="box-name">{clip(box.node.name, 80)}</span>
            ) : null}
            {!box.open && box.width > 40 && box.height > 28 ? (
              <span class="box-size">{formatBytes(box.node.bytes)}</span>
            ) : null}
          </div>
        ))}
      </div>
    </div>
  );
}

const boxId = (box: TreemapBox): string => `box-${box.node.id.replace(/\s/g, '_')}`;

const isMatch = (box: TreemapBox, filter: string): boolean =>
  box.node.name.toLowerCase().includes(filter) || box.node.id.toLowerCase().includes(filter);

/** Where a click on a leaf zooms to: into it, or, for a function, to the package around it unless that already fills the picture. */
function zoomTarget(box: TreemapBox): string | null {
  return box.node.children.length > 0 ? box.node.id : box.parent;
}

function boxTip({ node }: TreemapBox, tree: SizeNode): string {
  const what =
    node.kind === 'function' || node.kind === 'rest' ? '' : `\n${plural(node.functions, 'function')}`;
  return `${clip(node.name, 300)}\n${formatBytes(node.bytes)}, ${formatShare(node.bytes / Math.max(1, tree.bytes))} of the code${what}`;
}

function Legend({ tree }: { tree: SizeNode }): JSX.Element {
  return (
    <span class="legend">
      {tree.children.map(({ owner, bytes }) => (
        <span key={owner}>
          <span class={`legend-swatch ${owner satisfies Owner}`} />
          {OWNER_NAMES[owner]} <span class="subtle">{formatShare(bytes / Math.max(1, tree.bytes))}</span>
        </span>
      ))}
    </span>
  );
}

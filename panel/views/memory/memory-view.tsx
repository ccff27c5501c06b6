import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { bookmarksOf, setBookmark } from '../../../src/session/bookmarks.ts';
import { copyText } from '../../components/clipboard.ts';
import { saveFile } from '../../components/files.ts';
import { SplitPane } from '../../components/split-pane.tsx';
import { TabStrip } from '../../components/toolbar.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip } from '../../model/text.ts';
import type { Inspection, MemoryMap, MemoryPlace } from '../../model/types.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { programOf } from '../goroutines/situation.ts';
import { BookmarksPane } from './bookmarks-pane.tsx';
import { ChangesPane } from './changes-pane.tsx';
import { emptyMemory } from './empty-memory.ts';
import { HexGrid, type Selection } from './hex-grid.tsx';
import { HexPages } from './hex-pages.ts';
import { bytesAsText, type CopyFormat } from './hex-text.ts';
import { InspectPane } from './inspect-pane.tsx';
import { MemoryToolbar } from './memory-toolbar.tsx';
import { RegionStrip } from './region-strip.tsx';
import { RegionsPane } from './regions-pane.tsx';
import { SearchPane } from './search-pane.tsx';
import { sourcesOf, type SourceChoice } from './sources.ts';

/** Parts of the picture of the memory. */
const PARTS = 512;
/** How often what is in view of a running program is read, and how often its map, in milliseconds. */
const REFRESH_MS = 1000;
const MAP_MS = 10_000;
/** Reading the map takes at most this part of the time. */
const MAP_REST = 100;
/** Bytes that are copied at most, and that are read for one answer. */
const MAX_COPY = 1 << 20;

const TABS = [
  { id: 'inspect', title: 'Inspect', tip: 'What stands at the cursor' },
  { id: 'regions', title: 'Regions', tip: 'What lies where' },
  { id: 'search', title: 'Search', tip: 'Text, bytes, and pointers to a place' },
  { id: 'changes', title: 'Changes', tip: 'What differs from another moment' },
  { id: 'bookmarks', title: 'Bookmarks', tip: 'Marked places of this module' },
];

/** Linear memory: hex and text, what lies where, what stands at the cursor. */
export function MemoryView(): JSX.Element {
  const model = useModel();
  const state = model.state.value;
  const sources = sourcesOf(state, model.instance.value);
  const wanted = model.place.value.memory;
  const program = programOf(state, model.instance.value);
  const source =
    sources.find(({ id }) => id === wanted) ??
    sources.find(({ instance }) => instance !== null && instance.key === program?.key) ??
    sources[0];
  const module = state.modules.find(({ key }) => key === source?.moduleKey);
  if (source === undefined) return <EmptyState empty={emptyMemory(state)} />;
  if (module?.status === 'loading') {
    return (
      <EmptyState empty={{ title: 'Reading the module', text: [clip(module.name, 100)], actions: [] }} />
    );
  }
  return <Shown key={source.id} source={source} sources={sources} />;
}

function Shown({ source, sources }: { source: SourceChoice; sources: readonly SourceChoice[] }): JSX.Element {
  const model = useModel();
  const { client } = model;
  const { memory } = client;
  const place = model.place.value;
  const running = source.instance?.state === 'running' || source.instance?.state === 'created';
  const [live, setLive] = useState(true);
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const [anchor, setAnchor] = useState<number | null>(null);
  const [found, setFound] = useState<readonly [number, number] | null>(null);
  const [baseId, setBaseId] = useState<string | null>(null);
  const base = sources.find(({ id, moduleKey }) => id === baseId && moduleKey === source.moduleKey) ?? null;

  const pages = usePages(source.place, draw);
  const basePages = usePages(base?.place ?? null, draw);
  const [mapRound, setMapRound] = useState(0);
  /** How long reading the map took, milliseconds: what takes long is read seldom. */
  const mapTook = useRef(0);
  const mapsRead = useRef(0);
  const asked = useAnswer(
    source.id,
    async () => {
      const start = performance.now();
      const read = await memory.map(source.place, PARTS);
      mapTook.current = performance.now() - start;
      mapsRead.current++;
      return read;
    },
    `${String(source.instance?.memoryBytes)} ${String(mapRound)}`,
  );
  const map = asked.value;
  const size = source.instance?.memoryBytes ?? map?.size ?? 0;

  useRepeat(running && live ? REFRESH_MS : 0, () => pages.refresh());
  useRepeat(running && live ? Math.max(MAP_MS, mapTook.current * MAP_REST) : 0, () => {
    setMapRound(mapRound + 1);
    return Promise.resolve();
  });

  const cursor = Math.max(0, Math.min(size - 1, place.memoryAddress));
  const selection: Selection = { anchor: anchor === null ? cursor : Math.min(anchor, size - 1), cursor };
  /** Addresses that the cursor was moved to here: the selection stays. */
  const kept = useRef(new Set<number>());
  // A place that was gone to from elsewhere begins a new selection. At once: the next key may come before the next frame.
  useLayoutEffect(() => {
    if (anchor !== null && !kept.current.has(place.memoryAddress)) setAnchor(null);
    kept.current.clear();
  }, [place.memoryAddress]);

  const go = (address: number): void => {
    setAnchor(null);
    if (address >= size) {
      const text = `0x${address.toString(16)} is beyond the end of the memory, 0x${size.toString(16)}.`;
      model.notice.value = { kind: 'info', text };
      return;
    }
    model.go({ memory: source.id, memoryAddress: address });
  };
  const select = ({ anchor: from, cursor: to }: Selection, step: boolean): void => {
    setFound(null);
    kept.current.add(to);
    setAnchor(from === to ? null : from);
    const change = { memory: source.id, memoryAddress: to };
    // Moving about is one visit; a click far away is a new one.
    if (step || Math.abs(to - cursor) < 4096) model.adjust(change);
    else model.go(change);
  };

  const tick = running && live ? pages.refreshes : 0;
  const inspected = useAnswer(
    size === 0 ? null : `${source.id} ${String(cursor)}`,
    () => memory.inspect(source.place, cursor),
    `${String(tick)} ${String(map?.regions)}`,
  );
  const inspection = inspected.value?.address === cursor ? inspected.value : null;
  const follow = (): void => {
    const target = inspection?.pointer?.address;
    if (target === undefined) {
      model.notice.value = { kind: 'info', text: 'The word here is no address of this memory.' };
    } else go(target);
  };

  const low = Math.min(selection.anchor, selection.cursor);
  const length = Math.abs(selection.anchor - selection.cursor) + 1;
  const copy = (format: CopyFormat): void => {
    const run = async (): Promise<void> => {
      if (length > MAX_COPY) throw new Error('more than 1 MiB is chosen: save it instead');
      const [bytes] = await memory.bytes(source.place, [{ address: low, length }]);
      if (!(await copyText(bytesAsText(bytes ?? new Uint8Array(0), format, low)))) {
        throw new Error('the browser refused the clipboard');
      }
    };
    model.run('Copying', run());
  };
  const save = (): void => {
    const run = async (): Promise<void> => {
      const { name, blob } = await memory.save(source.place, low, length);
      saveFile(name, blob);
    };
    model.run('Saving', run());
  };

  const hash = map?.moduleHash ?? '';
  const marks = bookmarksOf(model.state.value.settings.bookmarks, hash);
  const mark = (address: number, label: string | null): void => {
    // As they are now: the name of a mark may have been waited for.
    const { bookmarks } = client.state().settings;
    if (hash !== '') client.setSettings({ bookmarks: setBookmark(bookmarks, hash, address, label) });
  };
  const marked = marks.some(({ address }) => address === cursor);
  const markHere = async (): Promise<void> => {
    const found = inspection ?? (await memory.inspect(source.place, cursor).catch(() => null));
    mark(cursor, labelOf(found, cursor));
  };

  return (
    <>
      <MemoryToolbar
        source={source}
        sources={sources}
        running={running}
        live={live}
        setLive={setLive}
        marked={marked}
        canMark={hash !== ''}
        chosen={length}
        onMark={() => {
          if (marked) mark(cursor, null);
          else void markHere();
        }}
        onGo={go}
        onRange={(from, to) => {
          kept.current.add(to);
          setAnchor(from);
          model.go({ memory: source.id, memoryAddress: Math.min(to, size - 1) });
        }}
        onCopy={copy}
        onSave={save}
      />
      {map === null ? null : <RegionStrip map={map} size={size} cursor={cursor} onGo={go} />}
      <Notes map={map} failure={pages.failure ?? asked.failure} />
      <SplitPane
        id="memory"
        axis="auto"
        initial={0.5}
        stackBelow={760}
        label="Width of the memory"
        first={
          <HexGrid
            size={size}
            pages={pages}
            base={base === null ? null : basePages}
            selection={selection}
            found={found}
            onSelect={select}
            onFollow={follow}
            onCopy={() => copy('hex')}
          />
        }
        second={
          <div class="pane memory-side">
            <TabStrip
              label="About the memory"
              class="sub-tabs"
              controls="memory-side"
              tabs={TABS}
              active={place.memoryTab}
              onSelect={(memoryTab) => model.adjust({ memoryTab })}
            />
            <div class="memory-tab" id="memory-side" role="tabpanel">
              {place.memoryTab === 'regions' ? (
                <RegionsPane
                  source={source.place}
                  question={`${source.id} ${String(mapsRead.current)}`}
                  map={map}
                  cursor={cursor}
                  onGo={go}
                />
              ) : place.memoryTab === 'search' ? (
                <SearchPane
                  source={source}
                  selection={{ from: low, to: low + length }}
                  onGo={(address, width) => {
                    setFound([address, address + width]);
                    go(address);
                  }}
                />
              ) : place.memoryTab === 'changes' ? (
                <ChangesPane
                  source={source}
                  sources={sources}
                  base={base}
                  setBase={setBaseId}
                  cursor={cursor}
                  onGo={go}
                />
              ) : place.memoryTab === 'bookmarks' ? (
                <BookmarksPane marks={marks} cursor={cursor} onGo={go} onMark={mark} />
              ) : (
                <InspectPane
                  source={source.place}
                  round={tick}
                  address={cursor}
                  inspection={inspection}
                  failure={inspected.failure}
                  onGo={go}
                />
              )}
            </div>
          </div>
        }
      />
    </>
  );
}

/** What a bookmark is called at first. */
function labelOf(inspection: Inspection | null, address: number): string {
  const part = inspection?.parts[0]?.text ?? inspection?.region?.name ?? '';
  return part === '' ? `0x${address.toString(16)}` : part;
}

/** The pages of a memory, as long as it is looked at. */
function usePages(place: MemoryPlace | null, draw: (action: undefined) => void): HexPages {
  const { client } = useModel();
  const pages = useMemo(
    () =>
      new HexPages(
        (ranges) => (place === null ? Promise.resolve([]) : client.memory.bytes(place, ranges)),
        () => draw(undefined),
      ),
    [JSON.stringify(place)],
  );
  useEffect(() => () => pages.close(), [pages]);
  return pages;
}

/** Does `work` again and again while the panel is visible, each so long after the one before was done; 0: never. */
function useRepeat(ms: number, work: () => Promise<void>): void {
  const latest = useMemo(() => ({ work }), []);
  latest.work = work;
  useEffect(() => {
    if (ms === 0) return;
    let stopped = false;
    let timer = setTimeout(next, ms);
    function again(): void {
      if (!stopped) timer = setTimeout(next, ms);
    }
    function next(): void {
      if (document.hidden) again();
      else latest.work().then(again, again);
    }
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [ms]);
}

function Notes({ map, failure }: { map: MemoryMap | null; failure: string | null }): JSX.Element | null {
  if (failure !== null) return <div class="message-line memory-note error">{clip(failure, 500)}</div>;
  const notes = map?.notes.filter((note) => !note.startsWith('The program runs on')) ?? [];
  if (notes.length === 0) return null;
  return <div class="message-line memory-note">{clip(notes.join(' '), 500)}</div>;
}

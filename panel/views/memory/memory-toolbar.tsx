import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Checkbox, Divider, IconButton, TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { clip, formatCount } from '../../model/text.ts';
import type { JumpTarget } from '../../model/types.ts';
import { COPY_FORMATS, type CopyFormat } from './hex-text.ts';
import type { SourceChoice } from './sources.ts';

/** Which memory, where to go, and what to do with the bytes that are chosen. */
export function MemoryToolbar({
  source,
  sources,
  running,
  live,
  setLive,
  marked,
  canMark,
  chosen,
  onMark,
  onGo,
  onRange,
  onCopy,
  onSave,
}: {
  source: SourceChoice;
  sources: readonly SourceChoice[];
  running: boolean;
  live: boolean;
  setLive: (live: boolean) => void;
  marked: boolean;
  /** False until it is known which module it is. */
  canMark: boolean;
  /** Bytes. */
  chosen: number;
  onMark: () => void;
  onGo: (address: number) => void;
  onRange: (from: number, to: number) => void;
  onCopy: (format: CopyFormat) => void;
  onSave: () => void;
}): JSX.Element {
  const model = useModel();
  const module = model.state.value.modules.find(({ key }) => key === source.moduleKey);
  const hasSnapshots = module?.report?.toolchain === 'go';
  const { instance } = source;
  const snapshot = (): void => {
    const take = async (instanceKey: string): Promise<void> => {
      if (!hasSnapshots) {
        await model.client.memory.copy(instanceKey);
        return;
      }
      const key = await model.client.goroutines.take({ instanceKey });
      // The next one is not to take its place: two are compared.
      model.client.goroutines.pin(key, true);
    };
    if (instance !== null) model.run('Taking a snapshot', take(instance.key));
  };
  return (
    <Toolbar label="Memory">
      <select
        class="select"
        aria-label="Memory that is shown"
        data-tip={
          running
            ? 'The memory of the running program, read as it is now'
            : 'The memory as it was at one moment'
        }
        value={source.id}
        onChange={(event) => model.go({ memory: event.currentTarget.value })}
      >
        {sources.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
      {running ? (
        <Checkbox
          text="Refresh"
          tip="Reads what is in view once a second, and marks the bytes that have changed."
          checked={live}
          onChange={setLive}
        />
      ) : null}
      <Divider />
      <JumpBox key={source.id} source={source} onGo={onGo} onRange={onRange} />
      <IconButton
        icon={marked ? 'pinned' : 'pin'}
        tip={marked ? 'Take the bookmark away' : 'Bookmark this address, for every run of this module'}
        label="Bookmark"
        pressed={marked}
        disabled={!canMark}
        onClick={onMark}
      />
      <Divider />
      <select
        class="select"
        aria-label="Copy the chosen bytes"
        data-tip="Copies the bytes that are chosen. Ctrl+C copies them as hex."
        value=""
        onChange={(event) => {
          const format = COPY_FORMATS.find(([id]) => id === event.currentTarget.value)?.[0];
          event.currentTarget.value = '';
          if (format !== undefined) onCopy(format);
        }}
      >
        <option value="">Copy {chosen === 1 ? 'byte' : `${formatCount(chosen)} bytes`}</option>
        {COPY_FORMATS.map(([id, title]) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
      <IconButton icon="save" tip="Save the chosen bytes as a file" label="Save bytes" onClick={onSave} />
      <span class="spring" />
      {instance !== null ? (
        <TextButton
          text="New snapshot"
          tip={
            hasSnapshots
              ? 'Copies the memory as it is now, with its goroutines and heap, to look at it and to compare with it later.'
              : 'Copies the memory as it is now, to look at it and to compare with it later. The page holds the copy.'
          }
          onClick={snapshot}
        />
      ) : null}
    </Toolbar>
  );
}

/** Where to go: an address, a range, a goroutine, a variable, function or region by name. */
function JumpBox({
  source,
  onGo,
  onRange,
}: {
  source: SourceChoice;
  onGo: (address: number) => void;
  onRange: (from: number, to: number) => void;
}): JSX.Element {
  const model = useModel();
  const [targets, setTargets] = useState<readonly JumpTarget[]>([]);
  const box = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const close = (event: PointerEvent): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) !== true) setTargets([]);
    };
    document.addEventListener('pointerdown', close);
    return () => document.removeEventListener('pointerdown', close);
  }, []);
  /** Only the latest question leads anywhere, whichever is answered first; and none once the person has gone elsewhere. */
  const questions = useRef(0);
  const find = async (text: string): Promise<void> => {
    const question = ++questions.current;
    const from = model.place.value;
    const isOver = (): boolean => question !== questions.current || model.place.value !== from;
    const { memory } = model.client;
    const [start = '', end] = text.split('..');
    const found = await memory.find(source.place, start);
    if (isOver()) return;
    const first = found[0];
    if (first === undefined) throw new Error(`nothing here is called ${clip(text, 100)}`);
    if (end !== undefined) {
      const [last] = await memory.find(source.place, end);
      if (isOver()) return;
      if (last === undefined) throw new Error(`nothing here is called ${clip(end, 100)}`);
      onRange(first.address, last.address);
      return;
    }
    onGo(first.address);
    setTargets(found.length > 1 ? found : []);
  };
  return (
    <span class="filter-box memory-jump" ref={box}>
      <input
        type="text"
        placeholder="Go to address, symbol, goroutine"
        aria-label="Go to"
        data-tip="0x1f00, 0x1f00+16, 0x1000..0x10ff for a range, goroutine 7, a variable, a function or a type by name, bss"
        spellcheck={false}
        autocomplete="off"
        onKeyDown={(event) => {
          const text = event.currentTarget.value;
          if (event.key === 'Enter' && text.trim() !== '') model.run('Going there', find(text));
          if (event.key !== 'Escape') return;
          setTargets([]);
        }}
      />
      {targets.length === 0 ? null : (
        <div class="memory-targets" role="listbox" aria-label="Places">
          {targets.map((target) => (
            <button
              type="button"
              role="option"
              aria-selected={false}
              key={`${String(target.address)} ${target.text}`}
              onClick={() => {
                setTargets([]);
                onGo(target.address);
              }}
            >
              <span class="code">0x{target.address.toString(16)}</span> {clip(target.text, 120)}
            </button>
          ))}
        </div>
      )}
    </span>
  );
}

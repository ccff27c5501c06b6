import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { saveFile } from '../../components/files.ts';
import { Icon } from '../../components/icon.tsx';
import { IconButton } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import type { PanelModel } from '../../model/panel-model.ts';
import { clip, tip } from '../../model/text.ts';
import type { CaptureState, SaveFormat } from '../../model/types.ts';
import { captureText } from './values.ts';

/** The captures as a list: chosen, renamed, saved, deleted. */
export function CapturesList({
  captures,
  shown,
}: {
  captures: readonly CaptureState[];
  shown: CaptureState | null;
}): JSX.Element {
  const model = useModel();
  const box = useRef<HTMLDivElement>(null);
  const [renaming, setRenaming] = useState<string | null>(null);
  const at = captures.findIndex(({ key }) => key === shown?.key);
  const choose = (index: number): void => {
    const next = captures[index];
    if (next !== undefined) model.adjust({ capture: next.key });
  };
  return (
    <div class="captures">
      <div class="captures-title">Profiles</div>
      <div
        class="captures-list"
        role="listbox"
        aria-label="Profiles"
        aria-activedescendant={at < 0 ? undefined : `capture-${String(at)}`}
        tabIndex={0}
        ref={box}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget || event.altKey || event.ctrlKey || event.metaKey) return;
          const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: captures.length - 1 }[event.key];
          if (to !== undefined) choose(Math.max(0, Math.min(captures.length - 1, to)));
          else if (event.key === 'F2' && shown !== null) setRenaming(shown.key);
          else if (event.key === 'Delete' && shown !== null) model.client.profiles.drop(shown.key);
          else return;
          event.preventDefault();
        }}
      >
        {captures.map((capture, index) => (
          <div
            key={capture.key}
            id={`capture-${String(index)}`}
            class="capture"
            role="option"
            aria-selected={capture.key === shown?.key}
            data-tip={tip([capture.name, ...(capture.facts?.notes ?? [])].join('\n'))}
            onMouseDown={(event) => {
              if (event.button === 0) model.go({ capture: capture.key });
            }}
            onDblClick={() => setRenaming(capture.key)}
          >
            <Icon
              name={capture.status === 'failed' ? 'error' : 'profile'}
              class={capture.status === 'failed' ? 'error' : ''}
            />
            <div class="capture-texts">
              {renaming === capture.key ? (
                <NameField
                  capture={capture}
                  onDone={(name) => {
                    setRenaming(null);
                    if (name !== null) model.client.profiles.rename(capture.key, name);
                    box.current?.focus();
                  }}
                />
              ) : (
                <div class="capture-name">{clip(capture.name, 120)}</div>
              )}
              <div class="capture-about">{clip(captureText(capture), 120)}</div>
            </div>
          </div>
        ))}
      </div>
      {shown === null ? null : (
        <div class="captures-actions" role="toolbar" aria-label="Profile">
          <SaveMenu capture={shown} />
          <span class="spring" />
          <IconButton
            icon="rename"
            tip="Rename (F2)"
            label="Rename profile"
            onClick={() => setRenaming(shown.key)}
          />
          <IconButton
            icon="delete"
            tip="Delete (Delete)"
            label="Delete profile"
            onClick={() => model.client.profiles.drop(shown.key)}
          />
        </div>
      )}
    </div>
  );
}

function NameField({
  capture,
  onDone,
}: {
  capture: CaptureState;
  onDone: (name: string | null) => void;
}): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  return (
    <input
      class="text-field capture-field"
      type="text"
      aria-label="Name of the profile"
      defaultValue={capture.name}
      ref={input}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') onDone(event.currentTarget.value);
        else if (event.key === 'Escape') onDone(null);
      }}
      onBlur={(event) => onDone(event.currentTarget.value)}
    />
  );
}

const FORMATS: readonly (readonly [SaveFormat, string])[] = [
  ['pprof', 'pprof (go tool pprof)'],
  ['trace', 'Chrome trace (Performance panel, Perfetto)'],
  ['cpuprofile', '.cpuprofile'],
];

/** Saves a profile as a file. */
export async function saveProfile(model: PanelModel, captureKey: string, format: SaveFormat): Promise<void> {
  const { name, blob } = await model.client.profiles.save(captureKey, format);
  saveFile(name, blob);
}

/** Saves the chosen profile as a file of the chosen format. */
function SaveMenu({ capture }: { capture: CaptureState }): JSX.Element {
  const model = useModel();
  const timed = (capture.facts?.threads.length ?? 0) > 0;
  return (
    <label class="toolbar-label save-menu" data-tip="Save the profile as a file">
      <Icon name="save" />
      <select
        class="select"
        aria-label="Save profile as"
        value=""
        disabled={capture.facts === null}
        onChange={(event) => {
          const format = FORMATS.find(([id]) => id === event.currentTarget.value)?.[0];
          event.currentTarget.value = '';
          if (format !== undefined) model.run('Saving', saveProfile(model, capture.key, format));
        }}
      >
        <option value="">Save as…</option>
        {FORMATS.filter(([id]) => id !== 'cpuprofile' || timed).map(([id, title]) => (
          <option key={id} value={id}>
            {title}
            {id === 'trace' && !timed ? ', synthetic axis' : ''}
          </option>
        ))}
      </select>
    </label>
  );
}

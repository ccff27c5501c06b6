import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { TrapState } from '../../../src/session/state.ts';
import { copyText } from '../../components/clipboard.ts';
import { Checkbox, Divider, FilterBox, IconButton, TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { isBoolean } from '../../model/store.ts';
import { PASTE } from '../../shell/actions.ts';

/** How long "Copied" stays, in milliseconds. */
const SAID = 1500;

/** Panels narrower than this start without the raw frames, in CSS pixels. */
const ROOM_FOR_RAW = 700;

/** Whether the raw frames are shown: chosen in the toolbar, drawn by the stack. */
export function useRawFrames(): [shown: boolean, set: (shown: boolean) => void] {
  const model = useModel();
  const filter = model.filter('traps-raw');
  const stored = model.store.get('raw', isBoolean) ?? innerWidth >= ROOM_FOR_RAW;
  const shown = filter.value === '' ? stored : filter.value === 'on';
  return [
    shown,
    (next) => {
      filter.value = next ? 'on' : 'off';
      model.store.set('raw', next);
    },
  ];
}

export function TrapsToolbar({ trap }: { trap: TrapState | null }): JSX.Element {
  const model = useModel();
  const filter = model.filter('traps').value;
  const [raw, setRaw] = useRawFrames();
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), SAID);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (format: 'traceback' | 'markdown'): Promise<void> => {
    if (trap === null) return;
    const done = await copyText(model.trapText(trap, format));
    setSaid(done ? 'Copied' : 'The browser refused the clipboard');
  };
  const canCopy = trap !== null && trap.status === 'ready';
  return (
    <Toolbar label="Traps">
      <IconButton
        icon="clear"
        tip="Clear the traps"
        disabled={model.traps.value.length === 0}
        onClick={() => model.clearTraps()}
      />
      <Divider />
      <FilterBox value={filter} label="Filter traps" onInput={(text) => model.setFilter('traps', text)} />
      <Divider />
      <Checkbox
        text="Fold runtime"
        tip="Frames of the scheduler, of wrappers and of wasm_exec.js become one line"
        checked={model.state.value.settings.foldRuntime}
        onChange={(foldRuntime) => model.client.setSettings({ foldRuntime })}
      />
      <Checkbox
        text="Raw frames"
        tip="Shows the frame as the browser printed it beside each Go frame"
        checked={raw}
        onChange={setRaw}
      />
      <Divider />
      <IconButton
        icon="copy"
        tip="Copy as Go traceback"
        disabled={!canCopy}
        onClick={() => void copy('traceback')}
      />
      <IconButton
        icon="markdown"
        tip="Copy as Markdown, for an issue"
        disabled={!canCopy}
        onClick={() => void copy('markdown')}
      />
      <span class="toolbar-text subtle" role="status">
        {said}
      </span>
      <span class="spring" />
      <TextButton icon="paste" text={PASTE.text} tip={PASTE.tip} onClick={() => PASTE.run(model)} />
    </Toolbar>
  );
}

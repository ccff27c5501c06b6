import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Dialog } from '../../components/dialog.tsx';
import { TextButton } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { errorText } from '../../model/failure.ts';
import { clip } from '../../model/text.ts';

/** Takes the text of a stack or of a Go panic and symbolizes it against a module of the page. */
export function PasteDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const model = useModel();
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState('');
  const [moduleKey, setModuleKey] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const modules = model.state.value.modules.filter(({ status }) => status === 'ready');

  useLayoutEffect(() => area.current?.focus(), []);

  const symbolize = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const result = await model.client.symbolizeText(moduleKey, text);
      onClose();
      model.addPasted(result, text);
    } catch (error) {
      setFailure(errorText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Paste a stack" onClose={onClose}>
      <div class="paste">
        <p class="subtle">
          A JavaScript stack with <span class="code">wasm-function[…]:0x…</span> of Chrome, Firefox or Safari,
          the text of a Go panic, or both.
        </p>
        <textarea
          ref={area}
          class="text-field code"
          aria-label="Stack or panic text"
          spellcheck={false}
          rows={12}
          placeholder={
            'RuntimeError: unreachable\n    at main.crash (wasm://wasm/00a1b2c3:wasm-function[1234]:0x5678)'
          }
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && text.trim() !== '')
              void symbolize();
          }}
        />
        {failure === null ? null : (
          <div class="paste-failure" role="alert">
            {clip(failure, 600)}
          </div>
        )}
        <div class="paste-bar">
          <label>
            Module{' '}
            <select
              class="select outlined"
              value={moduleKey ?? ''}
              onChange={(event) =>
                setModuleKey(event.currentTarget.value === '' ? null : event.currentTarget.value)
              }
            >
              <option value="">the one that fits</option>
              {modules.map(({ key, name, report }) => (
                <option key={key} value={key}>
                  {clip(`${name} ${report?.goVersion ?? ''}`, 80)}
                </option>
              ))}
            </select>
          </label>
          {modules.length === 0 ? (
            <span class="subtle">No module is loaded: drop its .wasm file onto the panel first.</span>
          ) : null}
          <span class="spring" />
          <TextButton kind="outlined" text="Cancel" onClick={onClose} />
          <TextButton
            kind="tonal"
            text={busy ? 'Working…' : 'Symbolize'}
            disabled={busy || text.trim() === ''}
            onClick={() => void symbolize()}
          />
        </div>
      </div>
    </Dialog>
  );
}

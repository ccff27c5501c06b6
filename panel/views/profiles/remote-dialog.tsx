import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Dialog } from '../../components/dialog.tsx';
import { TextButton } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { errorText } from '../../model/failure.ts';
import { clip } from '../../model/text.ts';
import type { RemoteAccess } from '../../../src/session/remote-fetch.ts';
import { endpointUrl, headersOf, PPROF_TYPES, type PprofType } from '../../../src/session/remote-profiles.ts';
import { unlessCancelled } from './unless-cancelled.ts';

const TITLES: Readonly<Record<PprofType, string>> = {
  profile: 'CPU',
  heap: 'heap: what is in use',
  allocs: 'allocs: all that was allocated',
  goroutine: 'goroutines',
  block: 'block: waits for locks and channels',
  mutex: 'mutex: holders of contended locks',
  threadcreate: 'threadcreate',
};

/** What is typed, or why it is no request. */
function requestOf(text: string, type: PprofType, seconds: string, headers: string): Wanted | string {
  try {
    const given = seconds.trim() === '' ? null : Number(seconds);
    if (given !== null && !(given > 0 && given <= 3600)) return 'Seconds: from 1 to 3600, or empty.';
    return { url: endpointUrl(text, type, given), headers: headersOf(headers) };
  } catch (error) {
    return errorText(error);
  }
}

interface Wanted {
  readonly url: URL;
  readonly headers: readonly (readonly [string, string])[];
}

/** Takes a profile from a server that has net/http/pprof. */
export function RemoteDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const model = useModel();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [type, setType] = useState<PprofType>('profile');
  const [seconds, setSeconds] = useState('');
  const [headers, setHeaders] = useState('');
  const [access, setAccess] = useState<{ readonly origin: string; readonly how: RemoteAccess } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const { remote } = model.client;
  const wanted = requestOf(text, type, seconds, headers);
  const url = typeof wanted === 'string' ? null : wanted.url;
  const origin = url?.origin ?? null;
  useEffect(() => {
    let stale = false;
    if (url !== null && origin !== null) {
      remote.access(url).then(
        (how) => {
          if (!stale) setAccess({ origin, how });
        },
        () => undefined,
      );
    }
    return () => {
      stale = true;
    };
  }, [origin]);
  const how = access !== null && access.origin === origin ? access.how : null;
  const take = ({ url: from, headers: typed }: Wanted): void => {
    const taken = remote
      .take({ url: from.href, headers: typed })
      .then((key) => model.go({ capture: key, captureBase: null }));
    model.run('Taking the profile', unlessCancelled(taken));
    onClose();
  };
  const ask = (of: URL): void => {
    setFailure(null);
    remote.ask(of).then(
      (granted) => {
        if (granted) setAccess({ origin: of.origin, how: 'granted' });
        else setFailure(`Without the permission ${of.origin} cannot be asked. Nothing was changed.`);
      },
      (error: unknown) => setFailure(errorText(error)),
    );
  };
  const problem = failure ?? (typeof wanted === 'string' && text.trim() !== '' ? wanted : null);
  return (
    <Dialog title="Profile of a server" onClose={onClose}>
      <form
        class="paste remote"
        onSubmit={(event) => {
          event.preventDefault();
          if (typeof wanted !== 'string' && how !== null && how !== 'ask') take(wanted);
        }}
      >
        <p class="subtle">
          A Go server that imports <span class="code">net/http/pprof</span>: its address, or the URL of one
          profile.
        </p>
        <label class="remote-row">
          <span>URL</span>
          <input
            ref={field}
            class="text-field code"
            type="text"
            spellcheck={false}
            placeholder="localhost:6060"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label class="remote-row">
          <span>Profile</span>
          <select
            class="select outlined"
            value={type}
            onChange={(event) =>
              setType(PPROF_TYPES.find((one) => one === event.currentTarget.value) ?? 'profile')
            }
          >
            {PPROF_TYPES.map((one) => (
              <option key={one} value={one}>
                {TITLES[one]}
              </option>
            ))}
          </select>
        </label>
        <label class="remote-row">
          <span>Seconds</span>
          <input
            class="text-field"
            type="number"
            min={1}
            max={3600}
            placeholder={type === 'profile' ? '30' : 'now'}
            value={seconds}
            onInput={(event) => setSeconds(event.currentTarget.value)}
          />
        </label>
        <label class="remote-row">
          <span>Headers</span>
          <textarea
            class="text-field code"
            rows={2}
            spellcheck={false}
            autocomplete="off"
            placeholder="Authorization: Bearer …"
            value={headers}
            onInput={(event) => setHeaders(event.currentTarget.value)}
          />
        </label>
        <p class="subtle">
          Cookies of this browser are sent along. Headers are sent with this one request and kept nowhere.
        </p>
        {problem === null ? null : (
          <div class="paste-failure" role="alert">
            {clip(problem, 600)}
          </div>
        )}
        <div class="paste-bar">
          <span class="subtle code">
            {url === null ? '' : clip(`${url.origin}${url.pathname}${url.search}`, 120)}
          </span>
          <span class="spring" />
          <TextButton kind="outlined" text="Cancel" onClick={onClose} />
          {how === 'ask' && url !== null ? (
            <TextButton
              kind="tonal"
              text={`Allow ${clip(url.origin, 60)}…`}
              tip="Asks Chrome for access to this one origin, which is not the page’s."
              onClick={() => ask(url)}
            />
          ) : (
            <TextButton
              kind="tonal"
              text="Take profile"
              disabled={how === null || typeof wanted === 'string'}
              onClick={() => {
                if (typeof wanted !== 'string') take(wanted);
              }}
            />
          )}
        </div>
      </form>
    </Dialog>
  );
}

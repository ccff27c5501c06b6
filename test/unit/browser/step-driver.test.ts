import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withDebugger } from '../../../src/browser/debugger-connection.ts';
import { reloadThroughDebugger } from '../../../src/browser/debugger-reload.ts';
import { createStepDriver } from '../../../src/browser/step-driver.ts';
import type { StepPoint } from '../../../src/session/step-driver.ts';
import { stubDebugger } from './stub-debugger.ts';

type Params = Readonly<Record<string, unknown>>;

const POINT: StepPoint = { offset: 9, g: 8, stackHiAt: 16, depth: 100 };

/** A page that is stopped at an offset, as `chrome.debugger` shows it. */
class StoppedPage {
  readonly sent: string[] = [];
  #heard: ((source: object, method: string, params: Params) => void)[] = [];
  offset = 7;

  readonly debugger = {
    attach: () => Promise.resolve(),
    detach: () => Promise.resolve(),
    onDetach: { addListener: () => undefined, removeListener: () => undefined },
    onEvent: {
      addListener: (listener: (source: object, method: string, params: Params) => void) => {
        this.#heard.push(listener);
      },
      removeListener: () => {
        this.#heard = [];
      },
    },
    sendCommand: (_target: object, method: string, params: Params): Promise<Params> => {
      this.sent.push(method);
      if (method === 'Debugger.enable') this.stop();
      if (method === 'Debugger.setBreakpoint') return Promise.resolve({ breakpointId: 'own' });
      if (method === 'Debugger.resume') this.stop(['own']);
      if (method !== 'Debugger.evaluateOnCallFrame') return Promise.resolve({});
      return Promise.resolve({
        result: { value: String(params['expression']).includes('globals') ? '64 8 65536 ' : '' },
      });
    },
  };

  tell(method: string, params: Params = {}): void {
    for (const listener of this.#heard) listener({ tabId: 1 }, method, params);
  }

  /** DevTools and the extension hear of a stop alike, and call its frames by the same names each time. */
  stop(hitBreakpoints: readonly string[] = []): void {
    const location = { scriptId: '12', lineNumber: 0, columnNumber: this.offset };
    this.tell('Debugger.paused', { callFrames: [{ callFrameId: '0', location }], hitBreakpoints });
  }
}

/** A page that runs, with workers: one that runs, one that does not answer, two that are stopped. */
class Workers {
  readonly sent: string[] = [];
  readonly #page = new StoppedPage();
  #listeners: ((source: object, method: string, params: Params) => void)[] = [];

  readonly debugger = {
    ...this.#page.debugger,
    onEvent: {
      addListener: (listener: (source: object, method: string, params: Params) => void) => {
        this.#listeners.push(listener);
      },
      removeListener: () => undefined,
    },
    sendCommand: (
      { sessionId }: { readonly sessionId?: string },
      method: string,
      params: Params,
    ): Promise<Params> => {
      if (sessionId === undefined) {
        for (const name of ['runs', 'busy', 'at-line', 'at-end']) {
          const targetInfo = { type: 'worker', url: `http://app.test/${name}.js` };
          this.#tell(undefined, 'Target.attachedToTarget', { sessionId: name, targetInfo });
        }
        return Promise.resolve({});
      }
      if (!method.startsWith('Debugger.')) return Promise.resolve({});
      this.sent.push(`${sessionId} ${method.slice('Debugger.'.length)}`);
      if (sessionId === 'busy') return Promise.reject(new Error('the page did not answer'));
      if (method === 'Debugger.enable' && sessionId !== 'runs') this.#stop(sessionId);
      if (method === 'Debugger.setBreakpoint') return Promise.resolve({ breakpointId: 'own' });
      if (method === 'Debugger.resume') this.#stop(sessionId, ['own']);
      if (method !== 'Debugger.evaluateOnCallFrame') return Promise.resolve({});
      const value = String(params['expression']).includes('globals') ? '64 8 65536 ' : '';
      return Promise.resolve({ result: { value } });
    },
  };

  #stop(sessionId: string, hitBreakpoints: readonly string[] = []): void {
    const location = { scriptId: '12', lineNumber: 0, columnNumber: 7 };
    const frame = { callFrameId: '0', url: `http://app.test/${sessionId}.wasm`, location };
    this.#tell(sessionId, 'Debugger.paused', { callFrames: [frame], hitBreakpoints });
  }

  #tell(sessionId: string | undefined, method: string, params: Params): void {
    const source = sessionId === undefined ? { tabId: 1 } : { tabId: 1, sessionId };
    for (const listener of this.#listeners) listener(source, method, params);
  }
}

let page: StoppedPage;
beforeEach(() => {
  page = new StoppedPage();
  stubDebugger(page.debugger);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const run = (plan: () => Promise<readonly StepPoint[] | null>) =>
  createStepDriver(1, new AbortController().signal).run(new AbortController().signal, plan, 'page');

describe('the driver of steps', () => {
  it('lets the page run to a point, and takes its breakpoints away', async () => {
    expect(await run(() => Promise.resolve([POINT]))).toBe('reached');
    expect(page.sent).toEqual([
      'Debugger.enable',
      'Debugger.evaluateOnCallFrame',
      'Debugger.setBreakpoint',
      'Debugger.resume',
      'Debugger.removeBreakpoint',
      'Debugger.disable',
    ]);
  });

  it('lets the page be where there is no plan', async () => {
    expect(await run(() => Promise.resolve(null))).toBe('stayed');
    expect(page.sent).not.toContain('Debugger.resume');
  });

  it.each([
    ['has resumed it', 'Debugger.resumed'],
    ['has it at the next breakpoint', 'Debugger.paused'],
  ])('never resumes a page when somebody else %s meanwhile', async (_what, event) => {
    const move = (): void => {
      page.offset = 70;
      if (event === 'Debugger.paused') page.stop();
      else page.tell(event);
    };
    const planned = run(() => {
      move();
      return Promise.resolve([POINT]);
    });
    expect(await planned).toBe('moved');
    expect(page.sent).not.toContain('Debugger.resume');
    expect(page.sent.at(-1)).toBe('Debugger.disable');

    const failed = run(() => {
      move();
      return Promise.reject(new Error('Can only perform operation while paused.'));
    });
    expect(await failed).toBe('moved');

    const late = run(() => {
      setTimeout(move, 0);
      page.debugger.sendCommand = after(page.debugger.sendCommand);
      return Promise.resolve([POINT]);
    });
    expect(await late).toBe('moved');
    expect(page.sent).not.toContain('Debugger.resume');
  });

  it('lets a worker run that is stopped, and no other thread', async () => {
    const workers = new Workers();
    stubDebugger(workers.debugger);
    const seen: string[] = [];
    const ended = createStepDriver(1, new AbortController().signal).run(
      new AbortController().signal,
      ({ stack }) => {
        seen.push(stack);
        return Promise.resolve(seen.length === 1 ? null : [POINT]);
      },
      'elsewhere',
    );
    expect(await ended).toBe('reached');
    expect(seen).toEqual(
      ['at-line', 'at-end'].map((name) => `Error\n    at http://app.test/${name}.wasm:0x7`),
    );
    expect(workers.sent.filter((text) => !text.endsWith('evaluateOnCallFrame'))).toEqual([
      ...['runs enable', 'runs disable'],
      ...['busy enable', 'busy disable'],
      ...['at-line enable', 'at-line disable'],
      ...['at-end enable', 'at-end setBreakpoint', 'at-end resume', 'at-end removeBreakpoint'],
      'at-end disable',
    ]);
  });

  it('has a reload with the hook give way, which keeps the debugger for a while', async () => {
    const closing = new AbortController().signal;
    let reload = (): void => undefined;
    const reloading = new Promise<void>((resolve) => (reload = resolve));
    const reloaded = reloadThroughDebugger(1, closing, '', reload, () => undefined);
    await reloading;
    expect(await run(() => Promise.resolve([POINT]))).toBe('reached');
    await reloaded;
  });

  it('says so where a recording has the debugger', async () => {
    vi.useFakeTimers();
    try {
      const closing = new AbortController();
      const recording = withDebugger(1, closing.signal, () => new Promise(() => undefined));
      const refused = expect(run(() => Promise.resolve([POINT]))).rejects.toThrow('the debugger is in use');
      await vi.advanceTimersByTimeAsync(20_000);
      await refused;
      closing.abort(new Error('closed'));
      await expect(recording).rejects.toThrow('closed');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a reload with the hook', () => {
  it('takes the place of the one before, which would keep the debugger for a while', async () => {
    const closing = new AbortController();
    const reload = (): { readonly begun: Promise<void>; readonly over: Promise<void> } => {
      let begin = (): void => undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const over = reloadThroughDebugger(1, closing.signal, '', begin, () => undefined);
      return { begun, over };
    };
    const first = reload();
    await first.begun;
    const second = reload();
    await first.over;
    await second.begun;
    closing.abort(new Error('closed'));
    await expect(second.over).rejects.toThrow('closed');
  });
});

/** Breakpoints that are set in a task of their own. */
const after =
  (send: StoppedPage['debugger']['sendCommand']): StoppedPage['debugger']['sendCommand'] =>
  async (target, method, params) => {
    if (method === 'Debugger.setBreakpoint') await new Promise((resolve) => setTimeout(resolve, 5));
    return send(target, method, params);
  };

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStoppedThreads } from '../../../src/browser/stopped-threads.ts';
import { stubDebugger } from './stub-debugger.ts';

type Params = Readonly<Record<string, unknown>>;
interface Session {
  readonly tabId: number;
  readonly sessionId?: string;
}

const WORKER = { tabId: 1, sessionId: 'worker' };
const MEMORY = Uint8Array.from({ length: 3 << 20 }, (_, i) => (i * 7) & 255);

const wasmFrame = (id: string, column: number) => ({
  callFrameId: id,
  functionName: '$main.f',
  url: 'http://app.test/main.wasm',
  location: { scriptId: '3', lineNumber: 0, columnNumber: column },
  scopeChain: [{ type: 'wasm-expression-stack' }, { type: 'local' }, { type: 'module' }],
});
const JS_FRAME = {
  callFrameId: 'js',
  functionName: 'tell',
  url: 'http://app.test/app.js',
  location: { scriptId: '2', lineNumber: 4, columnNumber: 2 },
  scopeChain: [{ type: 'local' }, { type: 'global' }],
};

/** A page with a worker, as `chrome.debugger` shows them. */
class PageWithWorker {
  readonly sent: string[] = [];
  #heard: ((source: Session, method: string, params: Params) => void)[] = [];
  /** Frames of the worker where it is stopped; null while it runs. */
  callFrames: readonly unknown[] | null = [JS_FRAME, wasmFrame('top', 0x1234), wasmFrame('below', 0x99)];
  byteLength = MEMORY.length;
  /** Called before each part of the memory is given. */
  beforePart: () => void = () => undefined;
  announced = false;

  readonly debugger = {
    attach: () => Promise.resolve(),
    detach: () => {
      this.sent.push('detach');
      return Promise.resolve();
    },
    onDetach: { addListener: () => undefined, removeListener: () => undefined },
    onEvent: {
      addListener: (listener: (source: Session, method: string, params: Params) => void) => {
        this.#heard.push(listener);
      },
      removeListener: () => {
        this.#heard = [];
      },
    },
    sendCommand: (target: Session, method: string, params: Params): Promise<Params> => {
      this.sent.push(`${target.sessionId ?? 'page'} ${method}`);
      if (method === 'Target.setAutoAttach' && !this.announced) {
        this.announced = true;
        const targetInfo = { type: 'worker', url: 'http://app.test/worker.js' };
        this.#tell({ tabId: 1 }, 'Target.attachedToTarget', { sessionId: 'worker', targetInfo });
      }
      if (method === 'Debugger.enable' && this.callFrames !== null) {
        this.#tell(WORKER, 'Debugger.paused', { callFrames: this.callFrames });
      }
      return method === 'Debugger.evaluateOnCallFrame' ? this.#evaluate(params) : Promise.resolve({});
    },
  };

  #evaluate({ callFrameId, expression }: Params): Promise<Params> {
    if (callFrameId !== 'top') return Promise.reject(new Error('not the innermost frame in wasm'));
    const text = String(expression);
    const part = /memories\[0\]\.buffer, (\d+), (\d+)\)/.exec(text);
    if (part === null) return Promise.resolve({ result: { value: `${String(this.byteLength)} 4096` } });
    this.beforePart();
    const at = Number(part[1]);
    const bytes = MEMORY.subarray(at, at + Number(part[2]));
    return Promise.resolve({ result: { value: Buffer.from(bytes).toString('base64') } });
  }

  #tell(source: Session, method: string, params: Params): void {
    for (const listener of this.#heard) listener(source, method, params);
  }
}

let page: PageWithWorker;
beforeEach(() => {
  page = new PageWithWorker();
  stubDebugger(page.debugger);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const look = (
  signal = new AbortController().signal,
  progress: (fraction: number) => void = () => undefined,
) => createStoppedThreads(1, new AbortController().signal).look(signal, progress);

describe('a look at stopped threads', () => {
  it('copies the memory of a worker that is stopped in what wasm has called, and resumes nothing', async () => {
    const progress: number[] = [];
    const [copy, ...others] = await look(undefined, (fraction) => progress.push(fraction));
    expect(others).toEqual([]);
    expect(copy).toMatchObject({
      thread: { kind: 'worker', url: 'http://app.test/worker.js' },
      sp: 4096,
      why: '',
      stack: [
        'Error',
        '    at tell (http://app.test/app.js:5:3)',
        '    at http://app.test/main.wasm:0x1234',
        '    at http://app.test/main.wasm:0x99',
      ].join('\n'),
    });
    expect(Buffer.compare(copy?.memory ?? new Uint8Array(), MEMORY)).toBe(0);
    expect(progress).toEqual([1 / 3, 2 / 3, 1]);
    expect(page.sent.filter((one) => /resume|step|pause/i.test(one))).toEqual([]);
    // The page itself is left alone: while another session is enabled there, DevTools cannot resume it.
    expect(page.sent.filter((one) => one.startsWith('page '))).toEqual(['page Target.setAutoAttach']);
    expect(page.sent.slice(-2)).toEqual(['worker Debugger.disable', 'detach']);
  });

  it.each([
    ['runs', null],
    ['is stopped in JavaScript of its own', [JS_FRAME]],
  ])('finds nothing where the worker %s', async (_what, callFrames) => {
    page.callFrames = callFrames;
    expect(await look()).toEqual([]);
    expect(page.sent.slice(-2)).toEqual(['worker Debugger.disable', 'detach']);
  });

  it('does not copy a memory of more than 256 MiB, and says so', async () => {
    page.byteLength = 257 << 20;
    const [copy] = await look();
    expect(copy?.memory).toBeNull();
    expect(copy?.why).toBe('its memory has 257 MiB: more than 256 MiB are not copied through the debugger');
  });

  it('says why there is no memory of a worker that went on meanwhile', async () => {
    let parts = 0;
    page.beforePart = () => {
      if (++parts === 2) throw new Error('Can only perform operation while paused.');
    };
    const [copy] = await look();
    expect(copy).toMatchObject({ memory: null, why: 'Can only perform operation while paused.' });
  });

  it('detaches when it is cancelled', async () => {
    const controller = new AbortController();
    page.beforePart = () => {
      controller.abort(new Error('cancelled'));
    };
    await expect(look(controller.signal)).rejects.toThrow('cancelled');
    expect(page.sent).toContain('detach');
    expect(page.sent.filter((one) => one.endsWith('evaluateOnCallFrame')).length).toBeLessThan(4);
  });
});

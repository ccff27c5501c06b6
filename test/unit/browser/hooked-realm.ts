import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext, type Context } from 'node:vm';
import { build } from 'vite';
import { readBytes, readPollAnswer } from '../../../src/browser/hook-answer.ts';
import {
  REGISTRY_KEY,
  type HookOptions,
  type HookReport,
  type HookRequest,
  type RealmRequest,
} from '../../../src/browser/hook-protocol.ts';
import { hookText } from '../../../src/browser/hook-text.ts';
import { wasmExec, type GoVersion } from '../../support/fixtures.ts';

/** The hook as it is built for the page: one classic script. */
export async function buildHook(): Promise<string> {
  const root = join(import.meta.dirname, '../../..');
  const outDir = mkdtempSync(join(tmpdir(), 'go-wasm-hook-'));
  try {
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      build: {
        outDir,
        minify: false,
        rolldownOptions: {
          input: { hook: join(root, 'src/entry/hook.ts') },
          output: { format: 'iife', entryFileNames: '[name].js', codeSplitting: false },
        },
      },
    });
    return readFileSync(join(outDir, 'hook.js'), 'utf8');
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

export const CAPTURE: HookOptions = { capture: true, captureText: true, channel: null, wrapWorkers: false };

type Listener = (event: object) => void;

/** A global like a page's, without DOM: what a program and the hook need, and a clock that only tests move. */
export class TestRealm {
  readonly context: Context;
  readonly listeners = new Map<string, Set<Listener>>();
  #timers: (() => void)[] = [];

  constructor() {
    const listenersOf = (type: string): Set<Listener> => {
      const known = this.listeners.get(type) ?? new Set<Listener>();
      this.listeners.set(type, known);
      return known;
    };
    this.context = createContext({
      console: { log: () => undefined, warn: () => undefined },
      TextEncoder,
      TextDecoder,
      performance,
      crypto,
      btoa,
      location: { href: 'https://example.com/page' },
      setTimeout: (callback: () => void) => this.#timers.push(callback),
      clearTimeout: () => undefined,
      addEventListener: (type: string, listener: Listener) => listenersOf(type).add(listener),
      removeEventListener: (type: string, listener: Listener) => listenersOf(type).delete(listener),
    });
  }

  /** Runs a script in the realm and gives back what it evaluates to; the caller says what that is. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  run<T = unknown>(script: string, filename = 'page.js'): T {
    return runInContext(script, this.context, { filename }) as T;
  }

  install(hook: string, options: HookOptions = CAPTURE): void {
    this.run(hookText(hook, options), 'hook.js');
  }

  /** Lets every timer that is set now run once. */
  tick(): void {
    const due = this.#timers;
    this.#timers = [];
    for (const callback of due) callback();
  }

  dispatch(type: string, event: object): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event);
  }

  /** The raw answer to a request; null without a hook. */
  ask(request: HookRequest): string | null {
    this.context['request'] = JSON.stringify(request);
    return this.run<string | null>(
      `globalThis[Symbol.for(${JSON.stringify(REGISTRY_KEY)})]?.request(request) ?? null`,
    );
  }

  /** The realm's own report since a sequence number, as DevTools reads it. */
  poll(since: Record<string, number> = {}, captureText: boolean | null = null): HookReport {
    const answer = readPollAnswer(this.ask({ op: 'poll', since, captureText }) ?? '');
    const [report] = answer?.realms ?? [];
    if (report === undefined) throw new Error('the hook gave no report');
    return report;
  }

  to(request: RealmRequest): string {
    return this.ask({ op: 'to', realm: this.poll().realm, request }) ?? '';
  }

  bytes(request: RealmRequest, parts = 1): Uint8Array[] {
    const answer = this.to(request);
    const bytes = readBytes(answer, parts);
    if (bytes === null) throw new Error(answer.slice(0, 200));
    return bytes;
  }

  /**
   * Runs a GOOS=js program as a page does, with bytes in a buffer; resolves to what `go.run` rejected with, or null, once it returned or a moment
   * has passed (a program that waits never returns).
   */
  async runGo(version: GoVersion, bytes: Uint8Array, name: string): Promise<unknown> {
    this.context['bytes'] = bytes;
    this.run(wasmExec(version), 'wasm_exec.js');
    return this.run<Promise<unknown>>(`(async () => {
      globalThis.go = new Go();
      go.argv = ['program', ${JSON.stringify(name)}];
      const fail = () => { throw new Error('the import failed'); };
      go.importObject.fixture = { fail };
      if (go.importObject.go) go.importObject.go['main.fail'] = fail;
      const { instance } = await WebAssembly.instantiate(bytes, go.importObject);
      return go.run(instance).then(() => null, (error) => error);
    })()`);
  }
}

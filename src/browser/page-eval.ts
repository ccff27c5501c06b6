import { MAX_ANSWER, REGISTRY_KEY } from './hook-protocol.ts';

/** An evaluation that has not come back after this long is given up; the page's thread may be busy for long. */
const PATIENCE_MS = 60_000;
const MAX_URL = 4000;
const MAX_STACK = 20_000;

/** What a registry said, and the document it is in. */
export interface RegistryAnswer {
  readonly origin: string;
  readonly url: string;
  /** Frames directly in the document that have another origin. */
  readonly closedFrames: number;
  /** Null where there is no registry and no debugger has stopped wasm. Without a registry `s` and the JavaScript stack, else in the form of hook-protocol.ts. */
  readonly answer: string | null;
}

/** The page cannot be evaluated in: a page of the browser itself, a frame that is gone, a navigation in between. */
export class PageGoneError extends Error {
  override readonly name = 'PageGoneError';
}

/**
 * Evaluates in the inspected page, one expression at a time. Expressions are built here, from constants and JSON; nothing that came from
 * the page is ever part of one except as a JSON string.
 */
export class PageEval {
  #queue: Promise<unknown> = Promise.resolve();
  #abort = new AbortController();

  /** Forgets what is under way: the document it was asked of is gone. */
  navigated(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#queue = Promise.resolve();
  }

  /**
   * Asks the registry of a document (of the page itself, or of the first frame with that URL) and gives back its answer, of which nothing is
   * believed but that it is text of a bounded length. `patience`: milliseconds after which it is given up.
   */
  async ask(request: string, frameUrl: string | null, patience = PATIENCE_MS): Promise<RegistryAnswer> {
    const expression = `(() => {
      let closed = 0;
      for (let i = 0; i < Math.min(length, 200); i++) if (self[i][Symbol.toStringTag] !== 'Window') closed++;
      const head = location.origin + ' ' + location.href.slice(0, ${MAX_URL}) + ' ' + closed + '\\n';
      try {
        const registry = globalThis[Symbol.for(${JSON.stringify(REGISTRY_KEY)})];
        if (typeof registry !== 'object' || registry === null) {
          // Where the page makes stacks itself, its code would run.
          if (Error.prepareStackTrace !== undefined) return head;
          const stack = String(new Error().stack).slice(0, ${MAX_STACK});
          return stack.includes(':wasm-function[') ? head + 's' + stack : head;
        }
        const answer = registry.request(${JSON.stringify(request)});
        return head + (typeof answer === 'string' && answer.length <= ${MAX_ANSWER} ? answer : 'ethe page gave no answer');
      } catch { return head; }
    })()`;
    const text = await this.#evaluate(expression, frameUrl, patience);
    const end = text.indexOf('\n');
    const [origin, url, closed] = text.slice(0, Math.max(0, end)).split(' ', 3);
    if (origin === undefined || url === undefined) throw new PageGoneError('the page gave no answer');
    const answer = text.slice(end + 1);
    return { origin, url, closedFrames: Number(closed) || 0, answer: answer === '' ? null : answer };
  }

  /** Runs the hook's text in a document. */
  async run(script: string, frameUrl: string | null): Promise<void> {
    await this.#evaluate(`${script}\n''`, frameUrl);
  }

  /** Resolves when what DevTools was asked before has been done, and what it then sent to the page. */
  async turn(): Promise<void> {
    await this.#evaluate("''", null);
  }

  /** What the document says of its own Content-Security-Policy in meta elements. */
  async metaPolicies(): Promise<readonly string[]> {
    const text = await this.#evaluate(
      `JSON.stringify([...document.querySelectorAll('meta[http-equiv="Content-Security-Policy" i]')].slice(0, 20).map((m) => String(m.content).slice(0, 10000)))`,
      null,
    );
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
  }

  #evaluate(expression: string, frameUrl: string | null, patience = PATIENCE_MS): Promise<string> {
    const { signal } = this.#abort;
    const result = this.#queue.then(() => evaluate(expression, frameUrl, signal, patience));
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

/**
 * Evaluates an expression that gives text, in the page (`frameUrl` null) or in its first frame with that URL. The expression is built from constants and JSON
 * alone. Rejects with PageGoneError, also when `signal` is aborted.
 */
export function evaluate(
  expression: string,
  frameUrl: string | null,
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(patience);
      // A page is polled for hours: what has come back leaves nothing behind.
      signal.removeEventListener('abort', navigated);
    };
    const fail = (why: string): void => {
      settle();
      reject(new PageGoneError(why));
    };
    const navigated = (): void => {
      fail('the page has navigated');
    };
    const patience = setTimeout(() => {
      fail('the page does not answer');
    }, patienceMs);
    if (signal.aborted) {
      navigated();
      return;
    }
    signal.addEventListener('abort', navigated);
    chrome.devtools.inspectedWindow.eval(
      expression,
      frameUrl === null ? {} : { frameURL: frameUrl },
      (value: unknown, problem: unknown) => {
        settle();
        if (typeof value === 'string') resolve(value);
        else fail(problemText(problem));
      },
    );
  });
}

function problemText(problem: unknown): string {
  const { description, value, details } = (problem ?? {}) as {
    description?: unknown;
    value?: unknown;
    details?: unknown;
  };
  const parts = [description, value, Array.isArray(details) ? details[0] : undefined];
  const text = parts.filter((part) => typeof part === 'string').join(': ');
  return text === '' ? 'the page cannot be evaluated in' : text.slice(0, 500);
}

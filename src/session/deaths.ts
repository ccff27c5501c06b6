import type { PageTrap } from './page-events.ts';

/** Signs of the same death, in the order in which they came. */
export interface Death {
  readonly key: string;
  readonly instanceKey: string | null;
  readonly signs: readonly PageTrap[];
  /** How often the same error came again. */
  readonly repeats: number;
}

/** Two signs further apart than this are not of one death, unless the program had ended with the first. */
const SAME_DEATH_MS = 2000;

/** wasm_exec.js says this when something calls into a program that has ended. */
export const isAlreadyExited = (sign: PageTrap): boolean =>
  sign.error?.message.includes('Go program has already exited') === true;

/** Whether a sign is worth showing at all: an exit with code 0 is a program's normal end. */
export const isDeath = (sign: PageTrap): boolean => !(sign.via === 'exit' && (sign.exitCode ?? 0) === 0);

/**
 * Joins a sign to the deaths known so far, or starts a new one. Panic text, the exit import and a JavaScript error of the same instance
 * close together are one death; later "Go program has already exited" errors belong to the instance's death; the same error
 * again (a timer that keeps calling a broken program) is counted.
 * `instanceKey` is the sign's instance, as the session found it.
 */
export function joinSign(
  deaths: readonly Death[],
  sign: PageTrap,
  instanceKey: string | null,
): readonly Death[] {
  const index = deaths.findLastIndex((death) => belongs(death, sign, instanceKey));
  const death = deaths[index];
  if (death === undefined) return [...deaths, { key: sign.key, instanceKey, signs: [sign], repeats: 0 }];
  const repeated = isAlreadyExited(sign)
    ? death.signs.some(isAlreadyExited)
    : death.signs.some((known) => sameError(known, sign));
  const joined: Death = {
    ...death,
    instanceKey: death.instanceKey ?? instanceKey,
    signs: repeated ? death.signs : [...death.signs, sign],
    repeats: death.repeats + (repeated ? 1 : 0),
  };
  return deaths.with(index, joined);
}

function belongs(death: Death, sign: PageTrap, instanceKey: string | null): boolean {
  const first = death.signs[0];
  if (first?.realm.id !== sign.realm.id) return false;
  if (instanceKey !== null && death.instanceKey !== null && instanceKey !== death.instanceKey) return false;
  if (isAlreadyExited(sign))
    return death.signs.some((known) => known.via === 'exit') || death.instanceKey === instanceKey;
  if (death.signs.some((known) => sameError(known, sign))) return true;
  // What an exit throws comes after it: an exit after an error is another death, and one exit is not another.
  if (sign.via === 'exit') return false;
  // Which of several programs threw it is not known, so it is no part of one that is.
  if (instanceKey === null && death.instanceKey !== null) return false;
  const thrown = death.signs.some((known) => known.error !== null && !isAlreadyExited(known));
  if (thrown) return false;
  // A debugger that stops at exceptions, or a busy machine, may hold up what an exit throws; nothing else comes out of that instance any more.
  if (first.via === 'exit' && instanceKey !== null && death.instanceKey === instanceKey) return true;
  return Math.abs(sign.time - first.time) <= SAME_DEATH_MS;
}

/** The same error seen twice: by the hook and in the console's replay, or thrown again by each call into a broken program. */
function sameError(a: PageTrap, b: PageTrap): boolean {
  if (a.error === null || b.error === null) return false;
  return a.error.message === b.error.message && wasmOffsets(a.error.stack) === wasmOffsets(b.error.stack);
}

function wasmOffsets(stack: string): string {
  return (stack.match(/wasm-function\[\d+\](?::0x[0-9a-f]+)?/g) ?? [stack]).join(' ');
}

/** One line of where a sign surfaced. */
export function surfacedLine(sign: PageTrap): string {
  const error = sign.error === null ? '' : `: ${sign.error.name}: ${sign.error.message}`;
  switch (sign.via) {
    case 'exit':
      return `exit code ${String(sign.exitCode ?? '?')}`;
    case 'error':
      return `uncaught error${error}`;
    case 'unhandledrejection':
      return `unhandled rejection${error}`;
    case 'console-error':
      return sign.exitCode === null
        ? `logged to the console${error}`
        : `exit code ${String(sign.exitCode)}, from the console's history`;
    case 'console-exception':
      return `uncaught, from the console's history${error}`;
    case 'pasted':
      return 'pasted text';
  }
}

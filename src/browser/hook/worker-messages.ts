import type { HookReport, RealmRequest } from '../hook-protocol.ts';

// What hooks in workers and the page's hook say to each other, over two BroadcastChannels with a random name. Structured clone carries it.

/** From the page's hook to its workers. */
export type ToWorker =
  | {
      readonly type: 'poll';
      readonly since: Readonly<Record<string, number>>;
      readonly captureText: boolean | null;
      readonly n: number | null;
    }
  | { readonly type: 'goOn' }
  | { readonly type: 'ask'; readonly realm: string; readonly ticket: number; readonly request: RealmRequest };

/** From a worker's hook to the page's. */
export type FromWorker =
  | { readonly type: 'report'; readonly report: HookReport; readonly notes: readonly string[] }
  | { readonly type: 'answer'; readonly ticket: number; readonly answer: string }
  /** The memory at a trap: sent at once, because the worker may be closed before anybody asks. */
  | { readonly type: 'memory'; readonly realm: string; readonly trap: number; readonly bytes: Uint8Array };

export const toWorkers = (channel: string): string => `${channel}:to-workers`;
export const fromWorkers = (channel: string): string => `${channel}:from-workers`;

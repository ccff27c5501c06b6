import type { RealmServer } from './realm.ts';
import type { Records } from './records.ts';
import { fromWorkers, toWorkers, type FromWorker, type ToWorker } from './worker-messages.ts';

/** Memories up to this size are sent to the page at the worker's death; larger ones stay where they are. */
const MAX_SENT = 128 << 20;

export interface WorkerSideOptions {
  readonly channel: string;
  readonly realm: string;
  readonly onPoll: (captureText: boolean | null) => void;
  readonly goOn: () => void;
}

/** The worker's end of the channel: answers the page's hook while the worker's loop turns, and tells deaths at once. */
export function openWorkerSide(
  server: RealmServer,
  records: Records,
  options: WorkerSideOptions,
): () => void {
  const inbox = new BroadcastChannel(toWorkers(options.channel));
  const outbox = new BroadcastChannel(fromWorkers(options.channel));
  const send = (message: FromWorker): void => outbox.postMessage(message);
  let told = 0;
  const tell = (since: number, poll: number | null): void => {
    const report = { ...server.report(since), poll };
    told = report.sequence;
    send({ type: 'report', report, notes: [...records.notes] });
  };

  records.onTrap = () => {
    tell(told, null);
    const trap = records.traps[records.traps.length - 1];
    if (trap === undefined || trap.memory.kind === 'none') return;
    const bytes = server.bytesOf({ trap: trap.n });
    if (bytes.length <= MAX_SENT) send({ type: 'memory', realm: options.realm, trap: trap.n, bytes });
  };

  inbox.addEventListener('message', (event: MessageEvent<ToWorker>) => {
    const message = event.data;
    if (message.type === 'poll') {
      options.onPoll(message.captureText);
      tell(message.since[options.realm] ?? 0, message.n);
    } else if (message.type === 'goOn') {
      options.goOn();
    } else if (message.realm === options.realm) {
      let answer: string;
      try {
        answer = server.answer(message.request);
      } catch (error) {
        answer = `e${error instanceof Error ? error.message : 'it failed'}`;
      }
      send({ type: 'answer', ticket: message.ticket, answer });
    }
  });
  return () => {
    records.onTrap = null;
    inbox.close();
    outbox.close();
  };
}

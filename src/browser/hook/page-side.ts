import type { HookReport, RealmRequest } from '../hook-protocol.ts';
import { gatherAnswer } from './gather.ts';
import type { Natives } from './natives.ts';
import { whole } from './realm.ts';
import { bytesAnswer, type Stashes } from './stash.ts';
import { fromWorkers, toWorkers, type FromWorker, type ToWorker } from './worker-messages.ts';

/** Reports of workers that wait to be polled. */
const MAX_WAITING = 500;
/** Bytes of dead workers' memories. */
const MAX_MEMORY = 512 << 20;

/** The page's end of the channel: what its workers told since the last poll, and the memories of dead ones. */
export class PageSide {
  readonly #inbox: BroadcastChannel;
  readonly #outbox: BroadcastChannel;
  readonly #stashes: Stashes;
  readonly #natives: Natives;
  readonly #realms = new Set<string>();
  readonly #memories = new Map<string, Uint8Array>();
  readonly notes = new Set<string>();
  #waiting: HookReport[] = [];

  constructor(channel: string, stashes: Stashes, natives: Natives) {
    this.#inbox = new BroadcastChannel(fromWorkers(channel));
    this.#outbox = new BroadcastChannel(toWorkers(channel));
    this.#stashes = stashes;
    this.#natives = natives;
    this.#inbox.addEventListener('message', (event: MessageEvent<FromWorker>) => this.#receive(event.data));
  }

  /** What workers have told; asks them for more, and renews their leases. `n`: number of the poll. */
  poll(since: Readonly<Record<string, number>>, captureText: boolean | null, n: number | null): HookReport[] {
    this.#send({ type: 'poll', since, captureText, n });
    const reports = this.#waiting;
    this.#waiting = [];
    if (captureText !== false) return reports;
    // Told before the worker heard that its text is not wanted.
    return reports.map((report) => ({
      ...report,
      traps: report.traps.map((trap) => ({ ...trap, text: '' })),
    }));
  }

  /** Lets programs that are held start. */
  goOn(): void {
    this.#send({ type: 'goOn' });
  }

  knows(realm: string): boolean {
    return this.#realms.has(realm);
  }

  /** Asks a worker. The answer is a ticket, unless it is here already: the memory of a dead worker's trap. */
  ask(realm: string, request: RealmRequest): string {
    if (request.op === 'ticket') return this.#stashes.collect(request.ticket);
    if (isMemoryRequest(request) && 'trap' in request.target) {
      const memory = this.#memories.get(memoryKey(realm, request.target.trap));
      if (memory !== undefined && request.op === 'gather') {
        return gatherAnswer(memory, request, null, this.#natives);
      }
      if (memory !== undefined && request.op !== 'gather') {
        const parts = request.ranges.map(({ address, length }) => memory.subarray(address, address + length));
        return request.op === 'freeze'
          ? this.#stashes.put(whole(parts, request.ranges))
          : bytesAnswer(parts, this.#natives.encodeBase64);
      }
    }
    if (request.op === 'part' && this.#stashes.has(request.stash)) {
      const part = this.#stashes.part(request.stash, request.offset, request.length);
      return bytesAnswer([part], this.#natives.encodeBase64);
    }
    if (request.op === 'drop' && this.#stashes.has(request.stash)) {
      this.#stashes.drop(request.stash);
      return 'jnull';
    }
    const ticket = this.#stashes.ticket();
    this.#send({ type: 'ask', realm, ticket, request });
    return `t${ticket}`;
  }

  close(): void {
    this.#inbox.close();
    this.#outbox.close();
    this.#memories.clear();
    this.#waiting = [];
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'report':
        this.#realms.add(message.report.realm);
        for (const note of message.notes) this.notes.add(note);
        this.#waiting.push(message.report);
        if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
        break;
      case 'answer':
        this.#stashes.answer(message.ticket, message.answer);
        break;
      case 'memory':
        this.#memories.set(memoryKey(message.realm, message.trap), message.bytes);
        this.#boundMemories();
        break;
    }
  }

  #boundMemories(): void {
    let total = 0;
    for (const [key, bytes] of [...this.#memories].reverse()) {
      total += bytes.length;
      if (total > MAX_MEMORY) this.#memories.delete(key);
    }
  }

  #send(message: ToWorker): void {
    this.#outbox.postMessage(message);
  }
}

type MemoryRequest = Extract<RealmRequest, { op: 'read' | 'freeze' | 'gather' }>;

const isMemoryRequest = (request: RealmRequest): request is MemoryRequest =>
  request.op === 'read' || request.op === 'freeze' || request.op === 'gather';

const memoryKey = (realm: string, trap: number): string => `${realm} ${trap}`;

import { afterEach, expect, test } from 'vitest';
import { CancelledError, Endpoint } from '../../../src/protocol/endpoint.ts';

interface Local {
  double: { params: { value: number }; result: number };
  fail: { params: null; result: null };
  wait: { params: null; result: null };
  take: { params: { bytes: ArrayBuffer }; result: number };
}
interface Remote {
  ask: { params: { question: string }; result: string };
}

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

function pair() {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  port1.start();
  port2.start();
  const server: Endpoint<Local, Remote> = new Endpoint<Local, Remote>(port1, {
    double: async ({ value }, { progress }) => {
      progress(0.5);
      return value * Number(await server.request('ask', { question: 'factor' }));
    },
    fail: () => {
      throw new Error('Code section at offset 0x10: expected a size');
    },
    wait: (_params, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(null);
        });
      }),
    take: ({ bytes }) => bytes.byteLength,
  });
  const client = new Endpoint<Remote, Local>(port2, {
    ask: ({ question }) => (question === 'factor' ? '2' : ''),
  });
  return client;
}

test('answers a request, asks back while it works, and tells progress', async () => {
  const seen: number[] = [];
  const result = await pair().request(
    'double',
    { value: 21 },
    { onProgress: (fraction) => seen.push(fraction) },
  );
  expect(result).toBe(42);
  expect(seen).toEqual([0.5]);
});

test("a handler's error reaches the asker with its text", async () => {
  await expect(pair().request('fail', null)).rejects.toThrow('Code section at offset 0x10: expected a size');
});

test('cancelling reaches the handler and rejects with CancelledError', async () => {
  const controller = new AbortController();
  const waiting = pair().request('wait', null, { signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toBeInstanceOf(CancelledError);
});

test('a request that is already cancelled is never sent', async () => {
  const controller = new AbortController();
  controller.abort();
  await expect(pair().request('wait', null, { signal: controller.signal })).rejects.toBeInstanceOf(
    CancelledError,
  );
});

test('transferred bytes leave this side', async () => {
  const bytes = new ArrayBuffer(8);
  expect(await pair().request('take', { bytes }, { transfer: [bytes] })).toBe(8);
  expect(bytes.byteLength).toBe(0);
});

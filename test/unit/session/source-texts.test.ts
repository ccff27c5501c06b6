import { expect, test, vi } from 'vitest';
import { SourceTexts } from '../../../src/session/source-texts.ts';

/** A module with an attached map whose files DevTools lists after so many milliseconds. */
function listedAfter(ms: number): SourceTexts {
  const end = Date.now() + ms;
  const page = { openResource: () => Promise.resolve(Date.now() >= end) };
  const attached = { moduleKey: 'm1', status: 'attached', error: null, files: [] };
  const parts = [page, {}, () => ({}), () => Promise.resolve(attached), () => undefined];
  return new SourceTexts(...(parts as unknown as ConstructorParameters<typeof SourceTexts>));
}

test('a file is opened however slowly DevTools takes in the map that lists it', async () => {
  vi.useFakeTimers();
  try {
    const slow = listedAfter(6000).open('m1', 'app/main.go', 3);
    await vi.advanceTimersByTimeAsync(7000);
    expect(await slow).toEqual({ ok: true, url: 'go:///app/main.go' });
    const never = listedAfter(Infinity).open('m1', 'app/main.go', 3);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(await never).toMatchObject({ ok: false, tried: ['go:///app/main.go'] });
  } finally {
    vi.useRealTimers();
  }
});

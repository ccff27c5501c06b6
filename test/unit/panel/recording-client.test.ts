import { describe, expect, test } from 'vitest';
import { readRecording } from '../../../panel/recording-client.ts';
import { recordedClient } from './recording.ts';

describe('a recorded session', () => {
  test('answers with what was recorded', async () => {
    const client = recordedClient();
    const excerpt = await client.sourceExcerpt('m1', 'example.com/life/grid/grid.go', 41, 8);
    expect(excerpt).toMatchObject({ ok: true, firstLine: 33 });
    expect(await client.openSource('m1', 'example.com/life/grid/grid.go', 41)).toMatchObject({ ok: true });
    expect(await client.openSource('m1', 'example.com/life/cmd/app/main.go', 52)).toMatchObject({
      ok: false,
    });
    expect(client.trapAsText('t2', 'traceback')).toMatch(/^panic: runtime error/);
    const pasted = await client.symbolizeText(null, 'at x (wasm-function[3105]:0x2f4c1a)');
    expect(pasted.moduleKey).toBe('m1');
    await expect(client.symbolizeText(null, 'hello')).rejects.toThrow('no stack was found');
  });

  test('notifies of changes until told not to', () => {
    const client = recordedClient();
    let heard = 0;
    const stop = client.subscribe(() => heard++);
    client.setSettings({ foldRuntime: false });
    expect(client.state().settings.foldRuntime).toBe(false);
    client.cancelTask(1);
    expect(client.state().tasks).toEqual([]);
    expect(heard).toBe(2);
    stop();
    client.clearTraps();
    expect(client.state().traps).toEqual([]);
    expect(heard).toBe(2);
  });

  test('gives and forgets the site', async () => {
    const client = recordedClient();
    await expect(client.requestSite()).resolves.toBe(true);
    expect(client.state().access.siteOptIn).toBe('http://localhost:8080');
    await client.forgetSite();
    expect(client.state().access.siteOptIn).toBeNull();
    await expect(client.requestFiles()).resolves.toBe(true);
    expect(client.state().access.files).toBe('granted');
  });
});

test('JSON of another kind or version is refused', () => {
  for (const value of [null, 'x', {}, { version: 2 }, []]) {
    expect(() => readRecording(value)).toThrow('not a recording of version 1');
  }
});

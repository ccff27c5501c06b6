import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clickOn, showPanelView } from '../../scripts/panel.mjs';
import { builtExtension, eventually, launch, type TestBrowser } from './support/harness.ts';
import { textsOf } from './support/seen.ts';
import { startPprofServer, TOKEN, type PprofServer } from './support/pprof-server.ts';
import { typeInto } from '../support/type-into.ts';

// Profiles of a server, by the URLs of net/http/pprof: of the page's own origin, and of others with the permission for one of them. Chrome's own dialog cannot be
// pressed: the extension has that permission from the start here, for localhost, and none for 127.0.0.1, which is the same server.

let server: PprofServer;
let tested: TestBrowser;
let directory: string;
beforeAll(async () => {
  server = await startPprofServer();
  directory = mkdtempSync(join(tmpdir(), 'go-wasm-devtools-'));
  cpSync(builtExtension('extension-minimal'), directory, { recursive: true });
  const path = join(directory, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...manifest, host_permissions: ['http://localhost/*'] }));
  tested = await launch('extension-minimal', directory);
});
afterAll(async () => {
  await tested.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

type Headers = readonly (readonly [string, string])[];

/** Takes a profile; resolves with its samples and origin, or why there is none. */
const take = (panel: Frame, url: string, headers: Headers = []): Promise<string> =>
  panel.evaluate(
    async (wanted, typed) => {
      const session = window.goSession;
      if (session === undefined) throw new Error('no session');
      try {
        const key = await session.remote.take({ url: wanted, headers: typed });
        const capture = session.state().captures.find((one) => one.key === key);
        const types = capture?.facts?.sampleTypes.map(({ type }) => type).join(' ') ?? '';
        return `${types} of ${capture?.origin ?? ''}`;
      } catch (error) {
        return String(error);
      }
    },
    url,
    headers,
  );

const access = (panel: Frame, url: string): Promise<string | undefined> =>
  panel.evaluate((wanted) => window.goSession?.remote.access(new URL(wanted)), url);

test('every profile of net/http/pprof, of the page’s server and of another, with cookies, headers, progress and cancel', async () => {
  const own = `http://127.0.0.1:${server.port}`;
  const other = `http://localhost:${server.port}`;
  await tested.inspect({ name: 'remote profiles', url: `${own}/` }, async ({ panel, screenshot }) => {
    await eventually(
      'the origin of the page',
      () => access(panel, `${own}/debug/pprof/heap`),
      (known) => known === 'page',
    );
    expect(await access(panel, `${other}/debug/pprof/heap`)).toBe('granted');
    const stranger = `http://[::1]:${server.port}/debug/pprof/heap`;
    expect(await access(panel, stranger)).toBe('ask');
    expect(await take(panel, stranger)).toMatch(/there is no permission to ask http:\/\/\[::1\]/);
    const types = {
      heap: 'alloc_objects alloc_space inuse_objects inuse_space',
      allocs: 'alloc_objects alloc_space inuse_objects inuse_space',
      goroutine: 'goroutine',
      block: 'contentions delay',
      mutex: 'contentions delay',
      threadcreate: 'threadcreate',
    };
    for (const [index, [name, what]] of Object.entries(types).entries()) {
      const origin = index % 2 === 0 ? own : other;
      expect(await take(panel, `${origin}/debug/pprof/${name}`)).toBe(
        `${what} of ${origin}/debug/pprof/${name}`,
      );
    }
    const cookies = server.asked.filter(({ url }) => url === '/debug/pprof/heap').map(({ cookie }) => cookie);
    expect(cookies).toEqual(['signed-in=yes']);

    for (const origin of [own, other]) {
      const secret = `${origin}/secret/debug/pprof/heap`;
      expect(await take(panel, secret)).toMatch(/wants to know who asks \(401\)/);
      expect(await take(panel, secret, [['Authorization', TOKEN]])).toMatch(/^alloc_objects/);
      expect(await take(panel, `${origin}/debug/pprof/nothing`)).toMatch(/import net\/http\/pprof/);
      expect(await take(panel, `${origin}/debug/pprof/profile?seconds=1`)).toMatch(/^samples cpu of/);

      const given = take(panel, `${origin}/debug/pprof/profile?seconds=600`);
      const task = await eventually(
        'progress while the server takes its time',
        () =>
          panel.evaluate(
            () => window.goSession?.state().tasks.find(({ title }) => title.endsWith('600 s')) ?? null,
          ),
        (one) => (one?.progress ?? 0) > 0,
      );
      await panel.evaluate((id) => window.goSession?.cancelTask(id), task?.id ?? -1);
      expect(await given).toMatch(/CancelledError/);
      await eventually(
        'the server to see that nobody waits any more',
        () => Promise.resolve(server.asked.at(-1)),
        (last) => last?.url === '/debug/pprof/profile?seconds=600' && last.closed(),
      );
    }
    await showPanelView(panel, 'profiles');
    await clickOn(panel, '.toolbar ::-p-text(From a server…)');
    await typeInto(panel, '.remote input[type=text]', `[::1]:${server.port}`);
    await panel.locator(`.remote ::-p-text(Allow http://[::1]:${server.port}…)`).wait();
    await typeInto(panel, '.remote textarea', 'no header');
    await panel.locator('.remote ::-p-text(Headers: one a line, as Name: value.)').wait();
    await typeInto(panel, '.remote input[type=text]', `${other}/secret/debug/pprof/heap`);
    await typeInto(panel, '.remote textarea', `Authorization: ${TOKEN}`);
    await screenshot('profile of a server');
    const before = server.asked.length;
    await clickOn(panel, '.remote ::-p-text(Take profile)');
    await eventually(
      'the profile in the list',
      () => textsOf(panel, '.capture[aria-selected=true]'),
      ([name]) => name?.startsWith(`heap localhost:${server.port}`) === true,
    );
    expect(server.asked.slice(before).map(({ url }) => url)).toEqual(['/secret/debug/pprof/heap']);
    expect(JSON.stringify(await panel.evaluate(() => window.goSession?.state()))).not.toContain(TOKEN);

    // Given up with the link in the status bar: the person knows, and is told nothing.
    await clickOn(panel, '.toolbar ::-p-text(From a server…)');
    await typeInto(panel, '.remote input[type=text]', `${other}/debug/pprof/profile`);
    await typeInto(panel, '.remote input[type=number]', '600');
    await clickOn(panel, '.remote ::-p-text(Take profile)');
    await eventually(
      'the request',
      () => Promise.resolve(server.asked.at(-1)?.url),
      (last) => last === '/debug/pprof/profile?seconds=600',
    );
    await clickOn(panel, '.status-bar ::-p-text(cancel)');
    await eventually(
      'the server to see that it was given up',
      () => Promise.resolve(server.asked.at(-1)?.closed()),
      (closed) => closed === true,
    );
    await eventually(
      'the end of the task',
      () => panel.evaluate(() => window.goSession?.state().tasks.length),
      (count) => count === 0,
    );
    expect(await textsOf(panel, '.infobar[role=alert]')).toEqual([]);
  });
});

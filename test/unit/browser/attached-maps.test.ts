import { describe, expect, test } from 'vitest';
import { EMPTY_SOURCE_MAP } from '../../../src/base/empty-source-map.ts';
import { AttachedMaps } from '../../../src/browser/attached-maps.ts';
import type { KnownModule } from '../../../src/browser/page-model.ts';
import { lengthOfScript } from '../../../src/browser/wasm-script-url.ts';
import type { ScriptResource } from '../../../src/browser/page-resources.ts';
import type { MapAttachment } from '../../../src/session/page-port.ts';
import { module } from '../session/fake-facts.ts';

const URL_OF = 'http://app.test/app.wasm';

/** What DevTools lists, and what was attached to it. */
class Listed {
  readonly modules = new Map<string, KnownModule>();
  readonly scripts: ScriptResource[] = [];
  readonly attached: string[] = [];
  readonly told: [string, MapAttachment][] = [];
  readonly renewed: string[] = [];
  download: string | null = 'etag 1';
  readonly maps = new AttachedMaps({
    modules: () => this.modules,
    scripts: () => this.scripts,
    newestDownload: () => Promise.resolve(this.download),
    changed: (key, attachment) => this.told.push([key, attachment]),
    renewed: (key) => this.renewed.push(key),
  });

  module(key: string, change: Partial<KnownModule['page']> = {}, length: number | null = null): void {
    const page = { ...module, key, ...change };
    this.modules.set(key, { page, hook: null, bytesKept: false, length, download: 'etag 1' });
  }

  script(url = URL_OF): void {
    const n = this.scripts.length;
    const attachSourceMapURL = (map: string): Promise<void> => {
      this.attached.push(`${String(n)} ${map}`);
      return Promise.resolve();
    };
    this.scripts.push({ url, type: 'script', attachSourceMapURL } as unknown as ScriptResource);
  }
}

const ATTACHED = { attached: true, why: '' };
const worker = { id: 'worker:1', kind: 'worker', url: 'http://app.test/worker.js' } as const;

describe('a map', () => {
  test('is attached when DevTools lists the script, which may be later, and again when it lists it anew', async () => {
    const listed = new Listed();
    listed.module('m1');
    expect(await listed.maps.attach('m1', 'data:1')).toMatchObject({
      attached: false,
      why: expect.stringContaining('as soon as it does') as string,
    });
    listed.script();
    await listed.maps.look();
    expect(listed.attached).toEqual(['0 data:1']);
    expect(listed.told).toEqual([['m1', ATTACHED]]);
    await listed.maps.look();
    listed.script();
    await listed.maps.look();
    expect(listed.attached).toEqual(['0 data:1', '1 data:1']);
    expect(await listed.maps.attach('m1', 'data:2')).toEqual(ATTACHED);
    expect(listed.attached).toEqual(['0 data:1', '1 data:1', '1 data:2']);
    listed.maps.navigated();
    listed.script();
    await listed.maps.look();
    expect(listed.attached).toHaveLength(3);
  });

  test('that a script has is not given to it again', async () => {
    const listed = new Listed();
    listed.module('m1', {}, 1000);
    listed.script();
    await listed.maps.attach('m1', 'data:1');
    // The page has loaded the module once more.
    listed.module('m2', {}, 1000);
    expect(await listed.maps.attach('m2', 'data:1')).toEqual(ATTACHED);
    expect(listed.attached).toEqual(['0 data:1']);
    expect(await listed.maps.attach('m2', 'data:2')).toEqual(ATTACHED);
    expect(await listed.maps.attach('m2', 'data:1')).toEqual(ATTACHED);
    expect(listed.attached).toEqual(['0 data:1', '0 data:2', '0 data:1']);
  });

  test('that DevTools never takes, because its page is gone, holds up none of the next page', async () => {
    const listed = new Listed();
    listed.module('m1');
    const never = (): Promise<void> => new Promise(() => undefined);
    listed.scripts.push({
      url: URL_OF,
      type: 'script',
      attachSourceMapURL: never,
    } as unknown as ScriptResource);
    void listed.maps.attach('m1', 'data:1');
    await Promise.resolve();
    listed.maps.navigated();
    listed.scripts.length = 0;
    listed.script();
    expect(await listed.maps.attach('m1', 'data:2')).toEqual(ATTACHED);
    expect(listed.attached).toEqual(['0 data:2']);
  });

  test('makes room for the language plugin, and comes back', async () => {
    const listed = new Listed();
    listed.module('m1');
    listed.script();
    await listed.maps.attach('m1', 'data:1');
    listed.maps.own(URL_OF);
    expect(listed.attached).toEqual(['0 data:1', `0 ${EMPTY_SOURCE_MAP}`]);
    expect(await listed.maps.attach('m1', 'data:2')).toEqual(ATTACHED);
    expect(listed.attached).toHaveLength(2);
    listed.maps.disown(URL_OF);
    await listed.maps.look();
    expect(listed.attached.at(-1)).toBe('0 data:2');
  });

  test('finds a script without URL by the length of its bytes, with the debug section too', async () => {
    const listed = new Listed();
    listed.module('m1', { scriptUrl: URL_OF }, 2_091_027);
    listed.script('wasm://wasm/007fa052');
    expect(await listed.maps.attach('m1', 'data:1')).toMatchObject({ attached: false });
    listed.script('wasm://wasm/007fa04e');
    expect(await listed.maps.attach('m1', 'data:1')).toEqual(ATTACHED);
    listed.script('wasm://wasm/007fa086');
    await listed.maps.look();
    expect(listed.attached).toEqual(['1 data:1', '2 data:1']);
  });

  test('of another download at the same URL is not attached: the module is read anew', async () => {
    const listed = new Listed();
    listed.module('m1', { origin: 'resource' });
    listed.script();
    await listed.maps.attach('m1', 'data:1');
    listed.download = 'etag 2';
    listed.script();
    await listed.maps.look();
    expect(listed.attached).toEqual(['0 data:1']);
    expect(listed.renewed).toEqual(['m1']);
  });

  test('gives way to that of a newer module of the same URL', async () => {
    const listed = new Listed();
    listed.module('m1', {}, 1000);
    listed.script();
    await listed.maps.attach('m1', 'data:1');
    listed.module('m2', {}, 1001);
    listed.script();
    await listed.maps.look();
    expect(listed.told).toEqual([
      ['m1', ATTACHED],
      ['m1', { attached: false, why: expect.stringContaining('newer module') as string }],
    ]);
    expect(await listed.maps.attach('m2', 'data:2')).toEqual(ATTACHED);
    expect(listed.attached).toEqual(['0 data:1', '1 data:2']);
  });

  test('is for one thread only, and it is said for which; frames of the page share it', async () => {
    const listed = new Listed();
    const frame = { id: 'frame:1', kind: 'frame', url: 'http://app.test/inner.html' } as const;
    listed.module('m1', {}, 1000);
    listed.module('m2', { realm: worker }, 1000);
    listed.module('m3', { realm: frame }, 1000);
    listed.script();
    expect(await listed.maps.attach('m1', 'data:1')).toEqual(ATTACHED);
    expect(await listed.maps.attach('m3', 'data:3')).toEqual(ATTACHED);
    const said = await listed.maps.attach('m2', 'data:2');
    expect(said.why).toMatch(/one script of a URL only.*the page http:\/\/app\.test\/\..*\?worker/);
    expect(listed.attached).toEqual(['0 data:3']);
  });
});

test('the length of a module in the name that V8 gives its script', () => {
  // As seen in Chromium 156, of a module of 2,091,027 bytes.
  expect(lengthOfScript('wasm://wasm/007fa04e')).toBe(2_091_027);
  expect(lengthOfScript('wasm://wasm/a-name-007fa04e')).toBe(2_091_027);
  expect(lengthOfScript('wasm://wasm/007fa04f')).toBeNull();
  expect(lengthOfScript('wasm://wasm/00000102')).toBeNull();
  expect(lengthOfScript('wasm://wasm/007fa04e:sourcemap')).toBeNull();
  expect(lengthOfScript(URL_OF)).toBeNull();
});

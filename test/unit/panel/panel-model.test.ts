import { describe, expect, test, vi } from 'vitest';
import { PanelModel } from '../../../panel/model/panel-model.ts';
import { Store } from '../../../panel/model/store.ts';
import { recordedClient } from './recording.ts';

function memoryStore(): Store {
  const values = new Map<string, string>();
  return new Store({
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
  });
}

function open(store = new Store(null)): { model: PanelModel; client: ReturnType<typeof recordedClient> } {
  const client = recordedClient();
  return { model: new PanelModel(client, store), client };
}

describe('places', () => {
  test('the panel opens on the traps when there are any, else on the modules', () => {
    expect(open().model.place.value.view).toBe('traps');
    const client = recordedClient();
    client.change({ traps: [] });
    expect(new PanelModel(client, new Store(null)).place.value.view).toBe('modules');
  });

  test('tab and filter survive a reload of the panel', () => {
    const store = memoryStore();
    const { model } = open(store);
    model.go({ view: 'modules', moduleTab: 'size' });
    model.setFilter('modules', 'esbuild');
    const again = open(store).model;
    expect(again.place.value).toMatchObject({ view: 'modules', moduleTab: 'size' });
    expect(again.filter('modules').value).toBe('esbuild');
  });

  test('steps through a list are one visit; back returns before them', () => {
    const { model } = open();
    model.go({ view: 'modules' });
    model.adjust({ module: 'm2' });
    model.adjust({ module: 'm3' });
    expect(model.place.value.module).toBe('m3');
    model.goBack();
    expect(model.place.value.view).toBe('traps');
    expect(model.canGoBack.value).toBe(false);
    model.goForward();
    expect(model.place.value).toMatchObject({ view: 'modules', module: 'm3' });
  });
});

describe('one instance or all', () => {
  test('modules and traps are those of the chosen instance', () => {
    const { model } = open();
    expect(model.modules.value).toHaveLength(5);
    model.chooseInstance('i2');
    expect(model.modules.value.map(({ key }) => key)).toEqual(['m2']);
    expect(model.traps.value.map(({ key }) => key)).toEqual(['t1']);
  });

  test('an instance that is gone is no longer chosen', () => {
    const { model, client } = open();
    model.chooseInstance('i2');
    client.change({ instances: client.state().instances.filter(({ key }) => key !== 'i2') });
    expect(model.instanceKey.value).toBeNull();
    expect(model.traps.value).toHaveLength(2);
  });
});

describe('pasted stacks', () => {
  const stack = {
    title: 'fatal error: all goroutines are asleep - deadlock!',
    moduleKey: 'm1',
    notes: ['why'],
    stacks: [],
  };

  test('are shown as the newest trap until the traps are cleared', () => {
    const { model, client } = open();
    model.addPasted(stack, 'text');
    const [first] = model.traps.value;
    expect(first).toMatchObject({ title: stack.title, kind: 'deadlock', text: 'text', notes: ['why'] });
    expect(first?.surfaced).toEqual(['pasted text, symbolized against app.wasm']);
    expect(model.place.value.trap).toBe(first?.key);
    model.clearTraps();
    expect(model.traps.value).toEqual([]);
    expect(client.calls.map(({ method }) => method)).toEqual(['clearTraps']);
  });

  test('their text is made here, that of other traps by the session', () => {
    const { model, client } = open();
    const [recorded] = model.traps.value;
    const stackOfTrap = recorded?.stack ?? null;
    model.addPasted({ ...stack, stacks: stackOfTrap === null ? [] : [stackOfTrap] }, 'text');
    const [pasted] = model.traps.value;
    if (pasted === undefined || recorded === undefined) throw new Error('no traps');
    expect(model.trapText(pasted, 'traceback')).toContain('goroutine 1 [running]:\nruntime.wasmExit(0x2)\n');
    expect(model.trapText(pasted, 'markdown')).toMatch(/^```\nfatal error[^]*```\n\n- why\n$/);
    expect(client.calls).toEqual([]);
    expect(model.trapText(recorded, 'traceback')).toMatch(/^panic: runtime error/);
    expect(client.calls).toEqual([{ method: 'trapAsText', args: ['t2', 'traceback'] }]);
  });
});

test('a failure of what the person asked for is said above the view', async () => {
  const { model } = open();
  model.run('Reloading', Promise.reject(new Error('the page is gone')));
  await vi.waitFor(() => expect(model.notice.value).not.toBeNull());
  expect(model.notice.value).toEqual({ kind: 'error', text: 'Reloading failed: the page is gone' });
  model.run('Reloading', Promise.resolve());
  expect(model.notice.value).toBeNull();
});

test('a closed panel no longer follows the session', () => {
  const { model, client } = open();
  client.change({ pageUrl: 'http://localhost/a' });
  expect(model.state.value.pageUrl).toBe('http://localhost/a');
  model.close();
  client.change({ pageUrl: 'http://localhost/b' });
  expect(model.state.value.pageUrl).toBe('http://localhost/a');
});

import { beforeAll, describe, expect, test, vi } from 'vitest';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';
import { buildHook, CAPTURE, TestRealm } from './hooked-realm.ts';

// The hook in a realm of its own, with real Go modules. What needs frames, workers or a network is tested in Chromium.

let hook: string;
beforeAll(async () => {
  hook = await buildHook();
});

const hooked = (options = CAPTURE): TestRealm => {
  const realm = new TestRealm();
  realm.install(hook, options);
  return realm;
};

describe('a Go program', () => {
  test.each(['1.19.8', '1.21.13', '1.27.3'] as const)('that panics, Go %s', async (goVersion) => {
    const realm = hooked();
    const of = fixture({ family: 'panics', goVersion });
    expect(await realm.runGo(goVersion, fixtureBytes(of), 'index')).toBeNull();
    const { modules, instances, traps } = realm.poll();
    expect(modules).toMatchObject([
      { n: 1, origin: 'hook', url: null, byteLength: of.size, bytesKept: true },
    ]);
    expect(modules[0]?.scriptUrl).toMatch(/^wasm:\/\/wasm\//);
    expect(modules[0]?.imports).toEqual([goVersion === '1.19.8' ? 'go' : 'gojs']);
    expect(modules[0]?.exports).toEqual(expect.arrayContaining(['run', 'resume', 'getsp', 'mem']));
    expect(instances).toMatchObject([{ n: 1, module: 1, state: 'exited' }]);
    expect(traps).toMatchObject([
      { n: 1, instance: 1, via: 'exit', exitCode: 2, error: null, memory: { kind: 'kept' } },
    ]);
    const [trap] = traps;
    expect(trap?.text).toMatch(
      /^panic: runtime error: index out of range \[5\] with length 3\n\ngoroutine 1 \[running\]:\n/,
    );
    const frames = trap?.exitStack?.split('\n').slice(1) ?? [];
    expect(frames[0]).toContain(':wasm-function[');
    // More than the page's own limit of 10.
    expect(frames.filter((frame) => frame.includes('wasm-function')).length).toBeGreaterThan(10);
    // At SP in the exit import: a return PC of the module.
    const [word] = realm.bytes({
      op: 'read',
      target: { trap: 1 },
      ranges: [{ address: trap?.sp ?? 0, length: 8 }],
    });
    const pcFunction =
      new DataView(word?.buffer ?? new ArrayBuffer(8), word?.byteOffset).getUint32(0, true) / 65536;
    expect(pcFunction).toBeGreaterThanOrEqual(0x1000);
    expect(pcFunction).toBeLessThan(0x3000);
  });

  test('that traps: the error, and the memory of that moment', async () => {
    const realm = hooked();
    const of = fixture({ family: 'traps', goVersion: '1.27.3' });
    const reason = await realm.runGo('1.27.3', fixtureBytes(of), 'breakpoint');
    realm.dispatch('unhandledrejection', { reason });
    const { traps } = realm.poll();
    expect(traps).toMatchObject([
      {
        instance: 1,
        via: 'unhandledrejection',
        error: { name: 'RuntimeError', message: 'unreachable' },
        memory: { kind: 'copied' },
      },
    ]);
    const read = (): number[] => [
      ...(realm.bytes({ op: 'read', target: { trap: 1 }, ranges: [{ address: 64, length: 1 }] })[0] ?? []),
    ];
    const before = read();
    realm.run('new Uint8Array(go._inst.exports.mem.buffer)[64] += 1');
    expect(read()).toEqual(before);
    // The same again within a moment is told, without another copy.
    realm.dispatch('error', { error: reason });
    expect(realm.poll().traps[1]).toMatchObject({ via: 'error', memory: { kind: 'none' } });
  });

  test('that was ended and is called again', async () => {
    const realm = hooked();
    await realm.runGo('1.27.3', fixtureBytes(fixture({ family: 'exits', goVersion: '1.27.3' })), 'exit');
    const error = realm.run(`(() => { try { go._resume(); } catch (error) { return error; } })()`);
    realm.dispatch('error', { error });
    const { traps } = realm.poll();
    expect(traps.map((trap) => [trap.via, trap.instance, trap.memory.kind])).toEqual([
      ['exit', 1, 'kept'],
      ['error', 1, 'none'],
    ]);
  });

  test('whose text is not wanted', async () => {
    const realm = hooked({ ...CAPTURE, captureText: false });
    await realm.runGo('1.27.3', fixtureBytes(fixture({ family: 'panics', goVersion: '1.27.3' })), 'index');
    expect(realm.poll().traps).toMatchObject([{ exitCode: 2, text: '' }]);
  });

  test('GOOS=wasip1', async () => {
    const realm = hooked();
    const { readFileSync } = await import('node:fs');
    realm.run(readFileSync(new URL('../../../fixtures/pages/wasip1.js', import.meta.url), 'utf8'));
    realm.context['bytes'] = fixtureBytes(fixture({ family: 'command', goVersion: '1.27.3' }));
    await realm.run(`(async () => {
      const wasi = new Wasip1({ args: ['index'] });
      const { instance } = await WebAssembly.instantiate(bytes, wasi.importObject);
      wasi.start(instance);
    })().catch(() => null)`);
    const [trap] = realm.poll().traps;
    expect(trap).toMatchObject({ via: 'exit', exitCode: 2, sp: null, memory: { kind: 'kept' } });
    expect(trap?.text).toMatch(/^panic: /);
  });

  test('errors of the page are not taken for its death', async () => {
    const realm = hooked();
    await realm.runGo('1.27.3', fixtureBytes(fixture({ family: 'panics', goVersion: '1.27.3' })), 'index');
    realm.dispatch('error', { error: realm.run(`new Error('of the page')`) });
    realm.dispatch('unhandledrejection', { reason: 'a string' });
    realm.dispatch('error', {});
    const evil = realm.run(`({ get stack() { throw new Error('no'); } })`);
    expect(() => realm.dispatch('error', { error: evil })).not.toThrow();
    // A promise rejected in a function that Go called: Go went on.
    const error = realm.run(`Object.assign(new Error('x'), { stack: [
      'Error: x',
      '    at f (https://example.com/page.js:1:1)',
      '    at syscall/js.valueCall (https://example.com/wasm_exec.js:395:28)',
      '    at wasm://wasm/00a1b2c3:wasm-function[7]:0x1234',
    ].join('\\n') })`);
    realm.dispatch('unhandledrejection', { reason: error });
    expect(realm.poll().traps).toHaveLength(1);
  });
});

describe('bytes and memory', () => {
  test('the bytes that were compiled, though the page changes its buffer', async () => {
    const realm = hooked();
    const of = fixture({ family: 'exits', goVersion: '1.27.3' });
    const original = fixtureBytes(of);
    const bytes = original.slice();
    const running = realm.runGo('1.27.3', bytes, 'normal');
    bytes.fill(0, 8);
    await running;
    expect(realm.to({ op: 'module', module: 1 })).toBe(`s1,${of.size}`);
    const [part] = realm.bytes({ op: 'part', stash: 1, offset: 4, length: 1000 });
    expect(Buffer.from(part ?? []).equals(original.subarray(4, 1004))).toBe(true);
    expect(realm.to({ op: 'drop', stash: 1 })).toBe('jnull');
    expect(realm.to({ op: 'part', stash: 1, offset: 0, length: 1 })).toMatch(/^e/);
    // Taken once: the hook does not hold them any longer.
    expect(realm.poll().modules).toMatchObject([{ bytesKept: false }]);
  });

  test('ranges beyond the memory are cut, or refused where a copy is to be exact', async () => {
    const realm = hooked();
    await realm.runGo('1.27.3', fixtureBytes(fixture({ family: 'exits', goVersion: '1.27.3' })), 'normal');
    const size = realm.poll().instances[0]?.memoryBytes ?? 0;
    const target = { instance: 1 };
    const ranges = [
      { address: size - 2, length: 8 },
      { address: 2 ** 32, length: 8 },
    ];
    expect(realm.bytes({ op: 'read', target, ranges }, 2).map((part) => part.length)).toEqual([2, 0]);
    expect(realm.to({ op: 'freeze', target, ranges })).toMatch(/^e.*end of the memory/);
    expect(realm.to({ op: 'read', target: { instance: 9 }, ranges })).toMatch(/^e/);
    expect(realm.to({ op: 'read', target: { trap: 9 }, ranges })).toMatch(/^e/);
  });

  test('a poll tells only what changed since', async () => {
    const realm = hooked();
    await realm.runGo('1.27.3', fixtureBytes(fixture({ family: 'panics', goVersion: '1.27.3' })), 'index');
    const first = realm.poll();
    const again = realm.poll({ [first.realm]: first.sequence });
    expect([again.modules, again.instances, again.traps]).toEqual([[], [], []]);
  });

  test('nonsense is answered with an error', () => {
    const realm = hooked();
    realm.context['text'] = '{';
    expect(realm.run(`globalThis[Symbol.for('go-wasm-devtools')].request(text)`)).toMatch(/^e/);
    expect(realm.ask({ op: 'to', realm: 'other', request: { op: 'drop', stash: 1 } })).toMatch(/^e/);
  });
});

/** (module (import "gojs" "f" (func)) (import "gojs" "runtime.resetMemoryDataView" (func (param i32))) (memory (export "mem") 1)
 *  (func (export "run") call 0 (call 1 (i32.const 8)))) */
const SMALL = Uint8Array.from(
  Buffer.from(
    '0061736d01000000' +
      '01080260000060017f00' +
      '022d0204676f6a730166000004676f6a731b72756e74696d652e72657365744d656d6f727944617461566965770001' +
      '03020100' +
      '0503010001' +
      '070d02036d656d02000372756e0002' +
      '0a0a0108001000410810010b',
    'hex',
  ),
);

describe('the page sees what it saw before', () => {
  /** Evaluates with and without the hook. */
  const both = async (script: string): Promise<[unknown, unknown]> => {
    const results: unknown[] = [];
    for (const realm of [new TestRealm(), hooked()]) {
      realm.context['SMALL'] = SMALL;
      results.push(await realm.run(script));
    }
    return [results[0], results[1]];
  };

  test.each([
    [
      'names and texts',
      `['instantiate', 'compile', 'Module', 'Instance', 'validate', 'Memory'].map((name) => {
        const f = WebAssembly[name];
        const d = Object.getOwnPropertyDescriptor(WebAssembly, name);
        return [f.name, f.length, String(f), f.toString(), Object.keys(f), Object.getOwnPropertyNames(f).sort(),
          d.writable, d.enumerable, d.configurable];
      })`,
    ],
    [
      'keys of the global and of WebAssembly',
      `[Object.keys(globalThis).sort(), Object.getOwnPropertyNames(globalThis).sort(), Object.getOwnPropertyNames(WebAssembly)]`,
    ],
    [
      'classes',
      `(() => {
        const module = new WebAssembly.Module(SMALL);
        class Own extends WebAssembly.Instance { get own() { return new.target === undefined; } }
        const calls = [];
        const imports = { gojs: { f() { calls.push('f', this === undefined, arguments.length); }, 'runtime.resetMemoryDataView': function (sp) { 'use strict'; calls.push(sp, arguments.length, this === undefined); return 7; } } };
        const instance = new Own(module, imports);
        instance.exports.run();
        return [module instanceof WebAssembly.Module, instance instanceof WebAssembly.Instance, instance instanceof Own, instance.own,
          instance.constructor === Own, module.constructor === WebAssembly.Module, Object.getPrototypeOf(Own) === WebAssembly.Instance,
          Object.prototype.toString.call(instance), Object.keys(instance.exports), calls, WebAssembly.Module.imports(module).length,
          WebAssembly.Module.customSections(module, 'x').length, new WebAssembly.Instance(module, imports).constructor === WebAssembly.Instance];
      })()`,
    ],
    [
      'errors',
      `(async () => {
        const module = new WebAssembly.Module(SMALL);
        const tries = [
          () => WebAssembly.Instance(module), () => WebAssembly.Module(SMALL), () => new WebAssembly.Module(), () => new WebAssembly.Module(new Uint8Array(3)),
          () => new WebAssembly.Instance(module), () => new WebAssembly.Instance(module, 5), () => new WebAssembly.Instance({}, {}), () => new WebAssembly.Instance(module, { gojs: {} }),
          () => new WebAssembly.Instance(module, { gojs: { f: 1, 'runtime.resetMemoryDataView': 1 } }), () => new WebAssembly.instantiate(SMALL),
          () => WebAssembly.instantiate(), () => WebAssembly.instantiate(SMALL, 5), () => WebAssembly.instantiate(SMALL), () => WebAssembly.instantiate(SMALL, { gojs: {} }), () => WebAssembly.instantiate(new Uint8Array(8)),
          () => WebAssembly.compile(), () => WebAssembly.compile(new Uint8Array(9)), () => WebAssembly.compile.call(null, SMALL).then((m) => m.constructor.name),
          () => WebAssembly.instantiate(module, { get gojs() { throw new RangeError('getter'); } }),
        ];
        const results = [];
        for (const attempt of tries) {
          try { const made = attempt(); results.push(made instanceof Promise, await made.then((v) => String(v), (e) => e.name + ': ' + e.message)); }
          catch (e) { results.push('sync ' + e.name + ': ' + e.message); }
        }
        return results;
      })()`,
    ],
    [
      'imports of every shape, read as often and in the same order',
      `(async () => {
        const results = [];
        const f = function () { results.push('f'); };
        const reset = function (sp) { results.push('reset ' + sp); };
        const plain = { f, 'runtime.resetMemoryDataView': reset };
        class Host { #f = f; get f() { return this.#f; } get 'runtime.resetMemoryDataView'() { return reset; } }
        const log = (object, name) => new Proxy(object, { get(target, key) { results.push(name + '.' + String(key)); return Reflect.get(target, key); } });
        const shapes = [
          { gojs: plain }, Object.freeze({ gojs: Object.freeze({ ...plain }) }), log({ gojs: log(plain, 'gojs') }, 'imports'),
          { get gojs() { results.push('get gojs'); return plain; } }, { gojs: new Host() }, Object.create({ gojs: Object.create(plain) }),
          { gojs: Object.assign(() => {}, plain) },
        ];
        for (const imports of shapes) {
          const before = JSON.stringify(Object.keys(imports));
          const { instance } = await WebAssembly.instantiate(SMALL, imports);
          instance.exports.run();
          results.push(before === JSON.stringify(Object.keys(imports)), plain.f === f, plain['runtime.resetMemoryDataView'] === reset);
        }
        return results;
      })()`,
    ],
    [
      'Error.stackTraceLimit and prepareStackTrace',
      `(async () => {
        Error.stackTraceLimit = 3;
        let prepared = 0;
        Error.prepareStackTrace = (error) => { prepared++; return 'mine ' + error.message; };
        const seen = [];
        const reset = () => { seen.push(Error.stackTraceLimit, new Error('x').stack); };
        const { instance } = await WebAssembly.instantiate(SMALL, { gojs: { f() {}, 'runtime.resetMemoryDataView': reset } });
        instance.exports.run();
        return [seen, prepared, Error.stackTraceLimit, typeof Error.prepareStackTrace];
      })()`,
    ],
  ])('%s', async (_name, script) => {
    const [before, after] = await both(script);
    expect(JSON.stringify(after)).toBe(JSON.stringify(before));
    expect(before).toBeTruthy();
  });

  test('a function of another module is linked by its type', () => {
    const realm = hooked();
    realm.context['SMALL'] = SMALL;
    // `run` of one instance is the import `f` of the next: replaced by a plain function it would be linked all the same,
    // so what is imported as resetMemoryDataView must be refused for its type, as without the hook.
    expect(() =>
      realm.run(`(() => {
        const module = new WebAssembly.Module(SMALL);
        const first = new WebAssembly.Instance(module, { gojs: { f() {}, 'runtime.resetMemoryDataView'() {} } });
        new WebAssembly.Instance(module, { gojs: { f() {}, 'runtime.resetMemoryDataView': first.exports.run } });
      })()`),
    ).toThrow(/imported function does not match the expected type/);
  });
});

describe('a program with values of Go', () => {
  const VALUES = { ...CAPTURE, debugSection: true };
  /** Starts to compile; the promise gives the names of the custom sections. */
  const compile = (realm: TestRealm, bytes: Uint8Array): Promise<readonly string[]> => {
    realm.context['bytes'] = bytes;
    return realm.run<Promise<readonly string[]>>(
      `globalThis.compiled = WebAssembly.compile(bytes).then((module) =>
        ['go:buildid', '.debug_info'].filter((name) => WebAssembly.Module.customSections(module, name).length))`,
    );
  };
  /** Waits until the module is compiled and held. */
  const held = (realm: TestRealm): Promise<void> =>
    vi.waitFor(
      () => {
        expect(realm.poll().starts).toEqual({ modules: 1, waiting: 1 });
      },
      { timeout: 60_000 },
    );
  const state = (realm: TestRealm): Promise<string> =>
    realm.run(`Promise.race([compiled.then(() => 'compiled'), Promise.resolve().then(() => 'held')])`);
  const go = (): Uint8Array => fixtureBytes(fixture({ family: 'exits', goVersion: '1.27.3' }));

  test('is held until DevTools lets it start', async () => {
    const realm = hooked(VALUES);
    const sections = compile(realm, go());
    await held(realm);
    expect(realm.poll().modules).toMatchObject([{ n: 1, bytesKept: true }]);
    expect(await state(realm)).toBe('held');
    expect(realm.ask({ op: 'goOn' })).toBe('jnull');
    expect(await sections).toEqual(['go:buildid', '.debug_info']);
    expect(realm.poll().starts).toEqual({ modules: 1, waiting: 0 });
  });

  test('is held no longer than its time', async () => {
    const realm = hooked(VALUES);
    const sections = compile(realm, go());
    await held(realm);
    realm.tick();
    expect(await sections).toContain('.debug_info');
  });

  test('is not held without that, nor is a module that is not of Go', async () => {
    const plain = hooked();
    expect(await compile(plain, go())).toEqual(['go:buildid']);
    expect(plain.poll().starts).toBeUndefined();
    const realm = hooked(VALUES);
    expect(await compile(realm, Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))).toEqual([]);
    expect(realm.poll().starts).toEqual({ modules: 0, waiting: 0 });
  });

  test('is held by the hook that was there first, when a second one is to', async () => {
    const realm = hooked();
    realm.install(hook, VALUES);
    const sections = compile(realm, go());
    await held(realm);
    realm.ask({ op: 'goOn' });
    expect(await sections).toContain('.debug_info');
  });
});

describe('the lease', () => {
  test('the hook stays while it is asked, and leaves nothing behind when it is not', async () => {
    const realm = new TestRealm();
    const names = `JSON.stringify(['instantiate', 'compile', 'Module', 'Instance'].map((name) => [Object.getOwnPropertyDescriptor(WebAssembly, name), WebAssembly[name] === originals[name]]))`;
    realm.run(
      `globalThis.originals = { ...Object.fromEntries(Object.getOwnPropertyNames(WebAssembly).map((n) => [n, WebAssembly[n]])) }`,
    );
    const before = realm.run<string>(names);
    realm.install(hook);
    expect(realm.run(names)).not.toBe(before);
    for (let i = 0; i < 10; i++) {
      realm.tick();
      realm.poll();
    }
    await realm.runGo('1.27.3', fixtureBytes(fixture({ family: 'panics', goVersion: '1.27.3' })), 'index');
    realm.run('globalThis.taken = WebAssembly.instantiate; globalThis.Taken = WebAssembly.Instance');
    // One long task takes one tick, however long it was: three more and DevTools is taken for closed.
    for (let i = 0; i < 3; i++) realm.tick();
    expect(realm.poll().traps).toHaveLength(1);
    for (let i = 0; i < 4; i++) realm.tick();
    expect(realm.ask({ op: 'poll', since: {}, captureText: null })).toBeNull();
    expect(realm.run(names)).toBe(before);
    expect(realm.run('Object.getOwnPropertySymbols(globalThis).length')).toBe(0);
    expect(realm.run('WebAssembly.Instance.prototype.constructor === originals.Instance')).toBe(true);
    expect([...realm.listeners.values()].map((set) => set.size)).toEqual([0, 0]);
    // Wrappers that the page took pass through.
    realm.context['SMALL'] = SMALL;
    expect(
      await realm.run(
        `taken(SMALL, { gojs: { f() {}, 'runtime.resetMemoryDataView'() {} } }).then(({ instance }) => instance instanceof Taken)`,
      ),
    ).toBe(true);
  });

  test('what the page put in place of a wrapper stays', () => {
    const realm = hooked();
    realm.run('WebAssembly.instantiate = globalThis.mine = () => 1');
    for (let i = 0; i < 5; i++) realm.tick();
    expect(realm.run('WebAssembly.instantiate === mine')).toBe(true);
    expect(realm.run(`String(WebAssembly.compile) + Object.getOwnPropertySymbols(globalThis).length`)).toBe(
      'function compile() { [native code] }0',
    );
  });

  test('a second hook does nothing', () => {
    const realm = hooked();
    const { realm: name } = realm.poll();
    realm.install(hook);
    expect(realm.poll().realm).toBe(name);
  });
});

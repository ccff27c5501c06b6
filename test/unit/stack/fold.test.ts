import { describe, expect, it } from 'vitest';
import { foldOfGo, foldOfJs, isResume } from '../../../src/stack/fold.ts';

describe('folding of Go frames', () => {
  it.each([
    ['runtime.gopanic', 'runtime'],
    ['runtime.goPanicIndex', 'runtime'],
    ['panic', 'runtime'],
    ['runtime.(*mheap).grow', 'runtime'],
    ['internal/runtime/maps.(*Map).PutSlot', 'runtime'],
    ['runtime/internal/atomic.Load', 'runtime'],
    ['internal/sync.fatal', 'runtime'],
    ['reflect.Value.call', 'runtime'],
    ['os.Exit', 'runtime'],
    ['wasm_pc_f_loop', 'glue'],
    ['wasm_export_resume', 'glue'],
    ['_rt0_wasm_js', 'glue'],
    ['syscall/js.handleEvent', 'glue'],
    ['main.main', null],
    ['main.runtime.f', null],
    ['runtimeish.F', null],
    ['runtime/debug.SetGCPercent', null],
    ['sync.(*Mutex).Unlock', null],
    ['reflect.Value.Field', null],
    ['fmt.Println', null],
  ])('by name: %s', (name, fold) => {
    expect(foldOfGo(name, null)).toBe(fold);
  });

  it.each([
    ['sync.runtime_SemacquireMutex', 'runtime/sema.go', 'runtime'],
    ['internal/poll.runtime_pollWait', '/usr/local/go/src/runtime/netpoll.go', 'runtime'],
    ['time.Sleep', 'C:\\Go\\src\\runtime\\time.go', 'runtime'],
    ['sync.(*Mutex).Lock', 'sync/mutex.go', null],
    ['runtime/debug.Stack', 'runtime/debug/stack.go', null],
    ['main.f', '/home/me/src/runtime/main.go', null],
    ['example.com/runtime.F', 'example.com/runtime/f.go', null],
    ['example.com/x/runtime.F', '/home/me/src/runtime/f.go', null],
  ])('by name and file: %s in %s', (name, file, fold) => {
    expect(foldOfGo(name, null, file)).toBe(fold);
  });

  it('by role, which the symbols know', () => {
    expect(foldOfGo('main.T.M', 'wrapper')).toBe('wrapper');
    expect(foldOfGo('f', 'glue')).toBe('glue');
    expect(foldOfGo('f', 'runtime')).toBe('runtime');
    expect(foldOfGo('main.f', 'user')).toBeNull();
  });
});

describe('folding of JavaScript frames', () => {
  it.each([
    ['run', 'http://h/wasm_exec.js', 'glue'],
    [null, 'http://h/assets/wasm_exec-1.27.min.js?v=3', 'glue'],
    [null, 'wasm_exec.js', 'glue'],
    ['globalThis.Go.run', 'http://h/bundle.js', 'glue'],
    ['Go._resume', 'http://h/bundle.js', 'glue'],
    ['_resume', 'http://h/bundle.js', 'glue'],
    ['builtIn.runtime.wasmExit', 'http://h/bundle.js', 'glue'],
    ['Object.f [as syscall/js.valueCall]', 'http://h/bundle.js', null],
    ['syscall/js.valueCall', 'http://h/bundle.js', 'glue'],
    ['run', 'http://h/app.js', null],
    ['onclick', 'http://h/not_wasm_exec.json', null],
    [null, null, null],
  ])('%s in %s', (name, url, fold) => {
    expect(foldOfJs(name, url)).toBe(fold);
  });

  it('knows where wasm_exec.js resumes a program', () => {
    expect(['_resume', 'Go._resume', 'globalThis.Go._resume', 'run', null].map(isResume)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

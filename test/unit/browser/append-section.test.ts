import { describe, expect, test, vi } from 'vitest';
import { responseWithDebugSection, withDebugSection } from '../../../src/browser/hook/append-section.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';

const go = fixtureBytes(fixture({ family: 'panics', goVersion: '1.27.3' }));

describe('the empty debug section', () => {
  test('stands behind a Go module, once, and changes nothing else', () => {
    const longer = withDebugSection(go);
    if (longer === null) throw new Error('nothing was appended');
    expect(Buffer.compare(longer.subarray(0, go.length), go)).toBe(0);
    const sections = (bytes: Uint8Array<ArrayBuffer>): number[] =>
      WebAssembly.Module.customSections(new WebAssembly.Module(bytes), '.debug_info').map(
        (one) => one.byteLength,
      );
    expect(sections(longer)).toEqual([0]);
    expect(sections(go)).toEqual([]);
    expect(withDebugSection(longer)).toBeNull();
  });

  test('other modules are left as they are', () => {
    expect(withDebugSection(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))).toBeNull();
  });

  test('a response streams on, in parts of any size, with status and headers', async () => {
    for (const size of [1, 7, 63, 65, 100_000, go.length]) {
      const parts = size < 100 ? go.slice(0, 200) : go;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < parts.length; at += size) controller.enqueue(parts.slice(at, at + size));
          controller.close();
        },
      });
      const headers = { 'content-type': 'application/wasm' };
      const appended = vi.fn();
      const response = responseWithDebugSection(
        new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { headers }),
        appended,
      );
      expect(appended).not.toHaveBeenCalled();
      expect(response.headers.get('content-type')).toBe('application/wasm');
      const bytes = new Uint8Array(await response.arrayBuffer());
      expect(bytes.length - parts.length).toBe(14);
      expect(new TextDecoder().decode(bytes.subarray(-11))).toBe('.debug_info');
      expect(appended).toHaveBeenCalledTimes(1);
    }
    const appended = vi.fn();
    const failed = new Response('gone', { status: 404 });
    expect(responseWithDebugSection(failed, appended)).toBe(failed);
    const other = responseWithDebugSection(
      new Response(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)),
      appended,
    );
    expect((await other.arrayBuffer()).byteLength).toBe(8);
    expect(appended).not.toHaveBeenCalled();
  });
});

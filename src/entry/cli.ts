import { open, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import sourceMapDecoder from 'source-map/lib/mappings.wasm?inline';
import manifest from '../../package.json' with { type: 'json' };
import { dataUrlBytes } from '../base/data-url.ts';
import { run } from '../cli/main.ts';
import { initializeSourceMaps } from '../sourcemap/read/consumer.ts';

initializeSourceMaps(dataUrlBytes(sourceMapDecoder).buffer);
// The reader of a pipe may leave before all is written: `gowasm inspect app.wasm | head`.
process.stdout.on('error', () => process.exit());
process.exitCode = await run(
  process.argv.slice(2),
  {
    readFile,
    writeFile: async (path, bytes) => {
      if (path !== null) await writeFile(path, bytes);
      else await new Promise<void>((resolve) => process.stdout.write(bytes, () => resolve()));
    },
    readStdin: () => buffer(process.stdin),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
  },
  manifest.version,
);

/** Reads a file; memory of wasm can be larger than what Node reads at once, which is 2 GiB. */
async function readFile(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size < 2 ** 31) return await file.readFile();
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(bytes, at, Math.min(size - at, 2 ** 30), at);
      if (bytesRead === 0) throw new Error(`it ends after ${String(at)} of ${String(size)} bytes`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

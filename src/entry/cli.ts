import { readFile, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import manifest from '../../package.json' with { type: 'json' };
import { run } from '../cli/main.ts';

// The reader of a pipe may leave before all is written: `gowasm inspect app.wasm | head`.
process.stdout.on('error', () => process.exit());
process.exitCode = await run(
  process.argv.slice(2),
  {
    readFile: (path) => readFile(path),
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

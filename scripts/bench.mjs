// @ts-check
// `npm run bench`: bundles test/bench/main.ts and runs it in Node, with the arguments that were given; then measures the panel of the built
// extension in a browser (bench-panel.mjs, bench-goroutines.mjs, bench-heap.mjs, bench-transfer.mjs, bench-sources.mjs), and the way of a large profile to its flame graph there, beside speedscope's (bench-profiles.mjs).
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleForNode } from './bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Two levels below the checkout, where it finds the fixtures and resolves the packages whose modules it measures.
const outDir = join(root, 'artifacts/bench');

await bundleForNode({ input: join(root, 'test/bench/main.ts'), outDir, name: 'bench' });
const { status } = spawnSync(
  process.execPath,
  ['--expose-gc', join(outDir, 'bench.js'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
const flames = spawnSync(process.execPath, [join(root, 'scripts/bench-profiles.mjs')], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode ||= flames.status ?? 1;
if (existsSync(join(root, 'dist/extension/manifest.json'))) {
  for (const script of [
    'bench-panel.mjs',
    'bench-goroutines.mjs',
    'bench-heap.mjs',
    'bench-transfer.mjs',
    'bench-sources.mjs',
  ]) {
    const inBrowser = spawnSync(process.execPath, [join(root, 'scripts', script)], {
      cwd: root,
      stdio: 'inherit',
    });
    process.exitCode ||= inBrowser.status ?? 1;
  }
} else {
  console.log('the panel is not measured: run npm run build');
}

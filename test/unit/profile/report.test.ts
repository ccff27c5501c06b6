import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import goldens from '../../../fixtures/profiles/goldens.json' with { type: 'json' };
import { goToolPprof } from '../../../fixtures/profiles/record-goldens.mjs';
import { asPprof } from './as-pprof.ts';

const hasGo = (() => {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('reports are what go tool pprof prints', () => {
  const runs = goldens.filter(({ args }) => !args.some((arg) => arg.endsWith('.txt.gz')));
  it.each(runs.map(({ args, output }) => [args.join(' '), args, output] as const))(
    '%s',
    async (_, args, output) => {
      // pprof prints files with the same values in any order.
      const comparable = (text: string): string =>
        args.includes('-files') ? text.split('\n').sort().join('\n') : text;
      expect(comparable(await asPprof(args))).toBe(comparable(output));
    },
  );

  const live = [
    ['-top', '-cum', '-focus=main', 'go1.24.13/cpu.pb.gz'],
    ['-tree', '-nodecount=15', 'go1.21.13/allocs.pb.gz'],
    ['-peek', 'main', '-diff_base=go1.21.13/heap.pb.gz', 'go1.27.3/heap.pb.gz'],
  ];
  it.runIf(hasGo).each(live.map((args) => [args.join(' '), args] as const))(
    'now, where Go is installed: %s',
    // Go 1.25 and later build their tools when they are used for the first time.
    { timeout: 600_000 },
    async (_, args) => {
      expect(await asPprof(args)).toBe(goToolPprof(args));
    },
  );
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createAnalysis } from '../../../src/worker/analysis.ts';
import { fixtureBytes, fixtures, fixturesDirectory, goSource } from '../../support/fixtures.ts';

// Names of variables by their addresses, against the word of Go's own linker (fixtures/record-variables.mjs).

const LINKER = JSON.parse(
  readFileSync(join(fixturesDirectory, 'modules', 'variables.json'), 'utf8'),
) as Record<string, Record<string, readonly [address: number, size: number]>>;
const [heap] = fixtures({ family: 'heap', goVersion: '1.27.3' });
if (heap === undefined) throw new Error('no fixture');
const truth = LINKER[heap.name] ?? {};
const context = { signal: new AbortController().signal, progress: () => undefined };
const nobody = {
  read: () => Promise.reject(new Error('none')),
  gather: () => Promise.reject(new Error('none')),
};
const analysis = createAnalysis(nobody);
const texts = new Map(
  readdirSync(join(fixturesDirectory, 'programs', 'heap'))
    .filter((file) => file.endsWith('.go'))
    .map((file) => [`example.com/fixtures/heap/${file}`, goSource(`heap/${file}`)]),
);
beforeAll(async () => {
  await analysis['module.load']({ moduleKey: 'm', bytes: fixtureBytes(heap).slice().buffer }, context);
});
const at = (address: number) => analysis['variable.at']({ moduleKey: 'm', address }, context);

test('what texts are wanted, and nothing is named before they are there', async () => {
  const [address = 0] = truth['main.sessions'] ?? [];
  const wanted = await analysis['variable.wanted']({ moduleKey: 'm', of: { address } }, context);
  expect([...wanted.texts].sort()).toEqual([...texts.keys()].sort());
  expect(wanted.unlisted).toHaveLength(1);
  const named = await analysis['variable.wanted']({ moduleKey: 'm', of: { name: 'main.sessions' } }, context);
  expect(named).toEqual(wanted);
  expect(await analysis['variable.wanted']({ moduleKey: 'm', of: { name: 'sessions' } }, context)).toEqual({
    texts: [],
    unlisted: [],
  });
  // Those of the standard library come from a folder alone.
  const { texts: of, unlisted } = await analysis['variable.wanted'](
    { moduleKey: 'm', of: { name: 'os.Args' } },
    context,
  );
  expect([of, unlisted.map((file) => file.replace(/[^/]*$/, ''))]).toEqual([[], ['os/']]);
  expect(await at(address)).toBeNull();
});

test('each byte of a variable has its name, or none', async () => {
  await analysis['variable.texts']({ moduleKey: 'm', texts }, context);
  const found = new Set<string>();
  for (const [name, [start, size]] of Object.entries(truth)) {
    for (const address of [start, start + size - 1]) {
      const one = await at(address);
      if (one === null) continue;
      expect(one).toMatchObject({ name, start, size });
      found.add(name);
    }
  }
  expect(found.size).toBe(Object.keys(truth).filter((name) => name.startsWith('main.')).length - 5);
  expect(await at(truth['os.Args']?.[0] ?? 0)).toBeNull();
  expect(await at(0)).toBeNull();
});

import { describe, expect, it } from 'vitest';
import { findBuildInfoText, parseBuildInfo, readBuildId } from '../../../src/go/build-info.ts';
import { readDataImage } from '../../../src/wasm/image.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { fixtureBytes, fixtures } from '../../support/fixtures.ts';

describe('build information', () => {
  it.each(fixtures({ stripped: true }).map((f) => [f.name, f] as const))('%s', (_name, f) => {
    const wasm = readModule(fixtureBytes(f));
    const info = parseBuildInfo(findBuildInfoText(readDataImage(wasm)) ?? '');
    expect(info.path).toBe(`example.com/fixtures/${f.family}`);
    expect(info.main?.path).toBe('example.com/fixtures');
    expect(info.settings).toEqual(
      expect.arrayContaining([
        { key: 'GOOS', value: f.goos },
        { key: 'GOARCH', value: 'wasm' },
        { key: '-trimpath', value: 'true' },
      ]),
    );
    expect(readBuildId(wasm)).toMatch(/^[\w-]{20}\/[\w-]{20}\/[\w-]{20}\/[\w-]{20}$/);
    if (f.family === 'stacks') {
      expect(info.deps).toEqual([
        {
          path: 'example.com/shapes',
          version: 'v1.4.0',
          sum: '',
          replace: { path: './shapes', version: '(devel)', sum: '', replace: null },
        },
      ]);
    }
  });

  it('reads sums, replacements and quoted settings; skips what it does not know', () => {
    const text = [
      'path\texample.com/cmd',
      'mod\texample.com/main\tv1.2.3\th1:main=',
      'dep\texample.com/a\tv0.1.0\th1:a=',
      'dep\texample.com/b\tv0.2.0',
      '=>\texample.com/fork\tv0.3.0\th1:b=',
      'later\tsomething',
      'build\t-ldflags="-s -w -X \\"main.v=1\\""',
      'build\t-tags=a,b',
      'build\t"odd key"=x=y',
      'build\tnovalue',
      '',
    ].join('\n');
    expect(parseBuildInfo(text)).toEqual({
      path: 'example.com/cmd',
      main: { path: 'example.com/main', version: 'v1.2.3', sum: 'h1:main=', replace: null },
      deps: [
        { path: 'example.com/a', version: 'v0.1.0', sum: 'h1:a=', replace: null },
        {
          path: 'example.com/b',
          version: 'v0.2.0',
          sum: '',
          replace: { path: 'example.com/fork', version: 'v0.3.0', sum: 'h1:b=', replace: null },
        },
      ],
      settings: [
        { key: '-ldflags', value: '-s -w -X "main.v=1"' },
        { key: '-tags', value: 'a,b' },
        { key: 'odd key', value: 'x=y' },
      ],
    });
  });
});

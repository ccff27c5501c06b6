// Runs in a page, for scripts/bench-profiles.mjs: from the bytes of a profile to the first frame of its flame graph, by the code of the worker and the panel.
import { paintFlame } from '../../panel/views/profiles/flame-paint.ts';
import { wholeView } from '../../panel/views/profiles/flame-geometry.ts';
import { gzip } from '../../src/profile/gzip.ts';
import { writeProfile } from '../../src/profile/write-profile.ts';
import { openCapture } from '../../src/worker/profile-capture.ts';
import { ProfileView } from '../../src/worker/profile-view.ts';
import { LARGE, madeProfile } from '../support/made-profile.ts';

/** The profile as gzip in base64, which is what speedscope takes. */
async function makeProfile(): Promise<string> {
  const bytes = await gzip(writeProfile(madeProfile(LARGE)));
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** Milliseconds to the first frame of the profile at a URL, which speedscope's time begins with too. */
async function showFlame(url: string): Promise<{ ms: number; boxes: number; steps: Record<string, number> }> {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = 720;
  document.body.replaceChildren(canvas);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  const start = performance.now();
  const steps: Record<string, number> = {};
  const step = (name: string): void => {
    steps[name] = Math.round(performance.now() - start);
  };
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  step('fetched');
  const capture = await openCapture(bytes, []);
  step('decoded');
  const filters = { focus: '', ignore: '', hide: '', show: '', showFrom: '', tagFocus: '', tagIgnore: '' };
  const query = { ...filters, sampleType: 1, granularity: 'functions', base: null } as const;
  const view = new ProfileView(capture, null, query);
  step('call tree');
  const boxes = view.flame({ kind: 'left-heavy', first: true });
  step('laid out');
  paintFlame(context, boxes, wholeView(boxes), canvas.width, canvas.height, {
    color: (box) => `hsl(${((boxes.frame[box] ?? 0) * 37) % 360} 60% 70%)`,
    ...{ found: null, selected: null, hovered: null, inverted: false },
    ...{ text: '#000', surface: '#fff', crowd: '#ccc', accent: '#00f' },
  });
  // Until it is painted.
  context.getImageData(0, 0, 1, 1);
  step('painted');
  const ms = performance.now() - start;
  // The rest follows when the first frame is there.
  const { length } = view.flame({ kind: 'left-heavy' }).start;
  step(`all ${length} boxes`);
  return { ms, boxes: length, steps };
}

Object.assign(globalThis, { makeProfile, showFlame });

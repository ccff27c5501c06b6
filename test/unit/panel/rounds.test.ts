import { expect, test } from 'vitest';
import { Rounds } from '../../../panel/components/rounds.ts';

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Work that takes until `end` is called, and how often it was begun. */
function slowWork(): { work: () => Promise<void>; end: () => void; begun: () => number } {
  let begun = 0;
  let end: () => void = () => undefined;
  const work = (): Promise<void> =>
    new Promise((resolve) => {
      begun++;
      end = resolve;
    });
  return {
    work,
    end: () => {
      end();
    },
    begun: () => begun,
  };
}

test('what is wanted while it is being done is done once more after it, however often it was wanted', async () => {
  const { work, end, begun } = slowWork();
  const rounds = new Rounds(work);
  rounds.next();
  expect(begun()).toBe(1);
  rounds.next();
  rounds.next();
  expect(begun()).toBe(1);
  end();
  await settled();
  expect(begun()).toBe(2);
  end();
  await settled();
  expect(begun()).toBe(2);
  rounds.next();
  expect(begun()).toBe(3);
});

test('nothing is begun once it was stopped', async () => {
  const { work, end, begun } = slowWork();
  const rounds = new Rounds(work);
  rounds.next();
  rounds.next();
  rounds.stop();
  end();
  await settled();
  rounds.next();
  expect(begun()).toBe(1);
});

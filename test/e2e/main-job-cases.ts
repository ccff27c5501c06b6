import { casesOf, type FixtureCase } from '../support/fixtures.ts';

/** What the panel has to show of one death. */
export interface ExpectedDeath {
  readonly fixture: FixtureCase;
  /**
   * The program's own functions on the stack, innermost first, inlined ones included. `deep`: only the innermost ones, because the
   * stack is thousands of frames deep.
   */
  readonly stack: readonly string[];
  readonly deep?: true;
  /** Who started the goroutine, where it is not the first one. */
  readonly createdBy?: string;
}

/** How most cases come to the function that dies: main -> dispatch -> outer -> middle. */
const FROM_MAIN = ['main.middle', 'main.outer', 'main.dispatch', 'main.main'];

/** fixtures/programs/panics/main.go */
const PANICS: Readonly<Record<string, Omit<ExpectedDeath, 'fixture'>>> = {
  index: { stack: ['main.at', 'main.indexOutOfRange', ...FROM_MAIN] },
  slice: { stack: ['main.from', 'main.sliceBounds', ...FROM_MAIN] },
  nilmap: { stack: ['main.count', 'main.writeNilMap', ...FROM_MAIN] },
  nilderef: { stack: ['main.ageOf', 'main.derefNil', ...FROM_MAIN] },
  nilfunc: { stack: ['main.callNilFunc', ...FROM_MAIN] },
  divide: { stack: ['main.quotient', 'main.divideByZero', ...FROM_MAIN] },
  assert: { stack: ['main.assertType', ...FROM_MAIN] },
  closed: { stack: ['main.sendOnClosed', ...FROM_MAIN] },
  error: { stack: ['main.panicWithError', ...FROM_MAIN] },
  string: { stack: ['main.panicWithString', ...FROM_MAIN] },
  stringer: { stack: ['main.panicWithStringer', ...FROM_MAIN] },
  custom: { stack: ['main.panicWithStruct', ...FROM_MAIN] },
  number: { stack: ['main.panicWithNumber', ...FROM_MAIN] },
  repanic: { stack: ['main.repanic.func1', 'main.at', 'main.repanic', ...FROM_MAIN] },
  deferred: { stack: ['main.cleanUp', 'main.quotient', 'main.panicInDefer', ...FROM_MAIN] },
  method: { stack: ['main.at', 'main.(*square).area', 'main.panicInMethod', ...FROM_MAIN] },
  goroutine: {
    stack: ['main.worker.func1', 'main.middle', 'main.outer', 'main.worker'],
    createdBy: 'main.inGoroutine',
  },
  callback: { stack: ['main.at', 'main.onClick.func1', 'main.middle', 'main.outer', 'main.onClick'] },
  nested: {
    stack: [
      'main.onItem',
      'main.inNestedCallback.func1',
      'main.inNestedCallback',
      'main.dispatch',
      'main.main',
    ],
  },
};

/** fixtures/programs/traps/main.go */
const TRAPS: Readonly<Record<string, Omit<ExpectedDeath, 'fixture'>>> = {
  breakpoint: { stack: ['main.stop', 'main.breakpoint', ...FROM_MAIN] },
  farpointer: { stack: ['main.load', 'main.farPointer', ...FROM_MAIN] },
  import: { stack: ['main.callThrowingImport', ...FROM_MAIN] },
  memory: { stack: ['main.reserve', 'main.exhaustMemory', ...FROM_MAIN] },
  overflow: { stack: ['main.descend', 'main.descend', 'main.descend'], deep: true },
  gostack: { stack: ['main.descendFat', 'main.descendFat', 'main.descendFat'], deep: true },
  callback: { stack: ['main.onClick.func1', 'main.middle', 'main.outer', 'main.onClick'] },
};

/** fixtures/programs/exits/main.go: those that end in a death. */
const EXITS: Readonly<Record<string, Omit<ExpectedDeath, 'fixture'>>> = {
  exit: { stack: ['main.exitThree', ...FROM_MAIN] },
  fatal: { stack: ['main.logFatal', ...FROM_MAIN] },
  deadlock: { stack: ['main.blockForever', 'main.middle', 'main.outer', 'main.inCallback.func1'] },
  mutex: { stack: ['main.lockTwice', 'main.middle', 'main.outer', 'main.inCallback.func1'] },
  unlock: { stack: ['main.unlockUnlocked', ...FROM_MAIN] },
};

/** Each way to die that the fixtures have, with what the panel has to show. */
export const DEATHS: readonly ExpectedDeath[] = (
  [
    ['panics', PANICS],
    ['traps', TRAPS],
    ['exits', EXITS],
  ] as const
).flatMap(([family, expected]) =>
  casesOf(family).flatMap((fixture) => {
    const death = expected[fixture.name];
    return death === undefined ? [] : [{ fixture, ...death }];
  }),
);

/** The cases of which nothing is claimed: the program ends well or waits for ever, and says nothing. */
export const SILENT: readonly FixtureCase[] = casesOf('exits').filter(
  ({ ends, exitCode }) => ends === 'blocked' || (ends === 'exit' && exitCode === 0),
);

import { casesOf, goSource, type FixtureCase } from '../support/fixtures.ts';

/** What the panel has to show of one death. */
export interface ExpectedDeath {
  readonly fixture: FixtureCase;
  /**
   * The program's own functions on the stack, innermost first, inlined ones included. `deep`: only the innermost ones, because the
   * stack is thousands of frames deep.
   */
  readonly stack: readonly string[];
  readonly deep?: true;
  /** What the panel names it: a regular expression over its title. */
  readonly title: string;
  /** The line of the function that dies, where it is another one than the source's mark. */
  readonly line: number;
  /** Who started the goroutine, where it was the program. */
  readonly createdBy?: string;
}

type Expectation = Pick<ExpectedDeath, 'stack'> & Partial<ExpectedDeath>;

/** How most cases come to the function that dies: main -> dispatch -> outer -> middle. */
const FROM_MAIN = ['main.middle', 'main.outer', 'main.dispatch', 'main.main'];

/** fixtures/programs/panics/main.go */
const PANICS: Readonly<Record<string, Expectation>> = {
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
  late: {
    stack: [
      'main.panicWithLateCallback',
      'main.middle',
      'main.outer',
      'main.withLateCallback',
      'main.dispatch',
      'main.main',
    ],
  },
};

/** fixtures/programs/traps/main.go */
const TRAPS: Readonly<Record<string, Expectation>> = {
  breakpoint: { stack: ['main.stop', 'main.breakpoint', ...FROM_MAIN] },
  farpointer: { stack: ['main.load', 'main.farPointer', ...FROM_MAIN] },
  // The import itself is a Go function too: the declaration that calls out.
  import: { stack: ['main.fail', 'main.callThrowingImport', ...FROM_MAIN] },
  memory: {
    stack: ['main.reserve', 'main.exhaustMemory', ...FROM_MAIN],
    title: '^fatal error: out of memory$',
  },
  overflow: { stack: ['main.descend', 'main.descend', 'main.descend'], deep: true },
  // The stack's limit is checked where a function begins: the innermost frame has not come to the marked line.
  gostack: {
    stack: ['main.descendFat', 'main.descendFat', 'main.descendFat'],
    deep: true,
    title: '^fatal error: stack overflow$',
    line: lineOf('traps/main.go', 'func descendFat('),
  },
  callback: { stack: ['main.onClick.func1', 'main.middle', 'main.outer', 'main.onClick'] },
};

/** fixtures/programs/exits/main.go: those that end in a death. */
const EXITS: Readonly<Record<string, Expectation>> = {
  exit: { stack: ['main.exitThree', ...FROM_MAIN], title: '^exit code 3$' },
  fatal: { stack: ['main.logFatal', ...FROM_MAIN], title: '^exit code 1$' },
  deadlock: { stack: ['main.blockForever', 'main.middle', 'main.outer', 'main.inCallback.func1'] },
  mutex: { stack: ['main.lockTwice', 'main.middle', 'main.outer', 'main.inCallback.func1'] },
  unlock: { stack: ['main.unlockUnlocked', ...FROM_MAIN] },
};

/** 1-based line of a fixture's source that begins with `text`. */
function lineOf(path: string, text: string): number {
  return (
    goSource(path)
      .split('\n')
      .findIndex((line) => line.startsWith(text)) + 1
  );
}

/** Whether nothing is to be claimed: the program ends well or waits for ever, and says nothing. */
const isSilent = ({ ends, exitCode }: FixtureCase): boolean =>
  ends === 'blocked' || (ends === 'exit' && exitCode === 0);

/** Each way to die that the fixtures have, with what the panel has to show. */
export const DEATHS: readonly ExpectedDeath[] = (
  [
    ['panics', PANICS],
    ['traps', TRAPS],
    ['exits', EXITS],
  ] as const
).flatMap(([family, expectations]) =>
  casesOf(family)
    .filter((fixture) => !isSilent(fixture))
    .map((fixture) => {
      const expectation = expectations[fixture.name];
      if (expectation === undefined) throw new Error(`nothing is expected of ${family} ${fixture.name}`);
      const said = fixture.text ?? fixture.error ?? '';
      return { fixture, title: said.replace(/\$$/, ''), line: fixture.line, ...expectation };
    }),
);

/** The cases of which nothing is to be claimed. */
export const SILENT: readonly FixtureCase[] = casesOf('exits').filter(isSilent);

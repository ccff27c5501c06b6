// @ts-check
// `npm test`: every check there is. All stages run even when one is red; the exit code is 0 only when all are green.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBrowser } from './browser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const artifacts = join(root, 'artifacts');
rmSync(artifacts, { recursive: true, force: true });
mkdirSync(artifacts);

/** @type {string[]} */
const red = [];
let passed = 0;
let failed = 0;
/**
 * What failed, said once more at the end: of a long output often only that is kept.
 * @type {string[]}
 */
const failures = [];

await stage('browser', async () => {
  const path = await findBrowser();
  process.env['CHROME_PATH'] = path;
  console.log(path);
  return true;
});
// Both keep one core busy for most of their time.
await stage('lint and types', async () => {
  const results = await Promise.all([
    run('eslint', ['.']),
    run('tsc', ['--noEmit']).then(async (green) => (await run('prettier', ['--check', '.'])) && green),
  ]);
  return results.every(Boolean);
});
const built = await stage('build', () => run(process.execPath, [join(root, 'scripts/build.mjs')]));
await stage('unit', () => tests('unit'));
if (built) await stage('e2e', () => tests('e2e'));

for (const failure of failures) console.log(`\n${failure}`);
if (red.length > 0) console.log(`\nred: ${red.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = red.length > 0 ? 1 : 0;

/**
 * @param {string} name
 * @param {() => Promise<boolean>} work
 */
async function stage(name, work) {
  console.log(`\n── ${name}`);
  const started = performance.now();
  let green = false;
  try {
    green = await work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  console.log(
    `── ${name}: ${green ? 'ok' : 'FAILED'} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  if (!green) red.push(name);
  return green;
}

/**
 * Runs one vitest project and adds its counts to the sum.
 * @param {string} project
 */
async function tests(project) {
  const outputFile = join(artifacts, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`];
  const green = await run('vitest', ['run', '--project', project, ...reporters]);
  if (!existsSync(outputFile)) {
    failed += 1;
    failures.push(`FAILED ${project}: no report`);
    throw new Error(`vitest ended without a report of the ${project} tests`);
  }
  const report = /** @type {VitestReport} */ (JSON.parse(readFileSync(outputFile, 'utf8')));
  // A file that does not load has no tests to count, and is one failure all the same.
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const before = failures.length;
  passed += report.numPassedTests;
  failed += report.numFailedTests + unloadable.length;
  for (const { name, message } of unloadable) failures.push(`FAILED ${relative(root, name)}\n${message}`);
  for (const { name, assertionResults } of report.testResults) {
    for (const { status, fullName, failureMessages = [] } of assertionResults) {
      if (status !== 'failed') continue;
      failures.push(
        `FAILED ${relative(root, name)} > ${fullName}\n${failureMessages.join('\n').slice(0, 2000)}`,
      );
    }
  }
  // Vitest is red for an error that belongs to no test, too.
  if (!green && failures.length === before) failures.push(`FAILED ${project}: an error outside of its tests`);
  return green;
}

/**
 * @typedef {{
 *   numPassedTests: number, numFailedTests: number,
 *   testResults: {
 *     name: string, status: string, message: string,
 *     assertionResults: { status: string, fullName: string, failureMessages?: string[] }[],
 *   }[],
 * }} VitestReport
 */

/**
 * Runs a program, an absolute path or one that a package of ours installs; true when it exits with 0.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<boolean>}
 */
function run(program, args) {
  const local = join(root, 'node_modules/.bin', program);
  const [command, shell] =
    program === process.execPath
      ? [program, false]
      : process.platform === 'win32'
        ? [`"${local}.cmd"`, true]
        : [local, false];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0));
  });
}

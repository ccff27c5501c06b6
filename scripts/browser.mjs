// @ts-check
// Finds an installed Chrome or Chromium, or installs Debian's, or says exactly what to do.
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Browser, getInstalledBrowsers } from '@puppeteer/browsers';

const INSTALL_COMMAND = 'npx @puppeteer/browsers install chrome@stable';

/**
 * Absolute path of a Chrome or Chromium, in this order: CHROME_PATH, the usual places of the system, PATH, a browser that
 * `npx @puppeteer/browsers install` put into this checkout or into puppeteer's cache. On Debian as root without any, installs
 * the `chromium` package. Throws an Error that says what to install where all of that fails.
 * @param {{ install?: boolean, log?: (line: string) => void }} [options]
 * @returns {Promise<string>}
 */
export async function findBrowser({ install = true, log = console.log } = {}) {
  const chosen = process.env['CHROME_PATH'];
  if (chosen !== undefined && chosen !== '') {
    if (!isExecutable(chosen)) throw new Error(`CHROME_PATH is ${chosen}, which is not an executable file`);
    return chosen;
  }
  const found = usualPlaces().find(isUsable) ?? onPath().find(isUsable) ?? (await downloaded());
  if (found !== undefined) return found;

  if (install && canInstallChromium()) {
    log('No Chrome or Chromium here: installing the chromium package with apt-get');
    installChromium();
    const installed = ['/usr/bin/chromium', ...onPath()].find(isUsable);
    if (installed !== undefined) return installed;
  }
  throw new Error(
    [
      'No Chrome or Chromium found. Either install one and name it in CHROME_PATH, or run',
      `    ${INSTALL_COMMAND}`,
      'in this checkout and repeat the command.',
    ].join('\n'),
  );
}

/** @returns {string[]} */
function usualPlaces() {
  switch (process.platform) {
    case 'darwin':
      return ['/Applications', join(homedir(), 'Applications')].flatMap((applications) =>
        ['Google Chrome', 'Google Chrome for Testing', 'Chromium', 'Google Chrome Canary'].map((name) =>
          join(applications, `${name}.app/Contents/MacOS/${name}`),
        ),
      );
    case 'win32':
      return ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((variable) => {
        const base = process.env[variable];
        return base === undefined
          ? []
          : ['Google/Chrome', 'Chromium', 'Google/Chrome SxS'].map((product) =>
              join(base, product, 'Application/chrome.exe'),
            );
      });
    default:
      return [
        '/usr/bin/chromium',
        '/usr/bin/google-chrome-stable',
        '/usr/bin/google-chrome',
        '/opt/google/chrome/chrome',
        '/usr/lib/chromium/chromium',
        '/usr/bin/chromium-browser',
      ];
  }
}

/** @returns {string[]} */
function onPath() {
  const names =
    process.platform === 'win32'
      ? ['chrome.exe', 'chromium.exe']
      : ['chromium', 'google-chrome-stable', 'google-chrome', 'chrome', 'chromium-browser'];
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.flatMap((directory) => names.map((name) => join(directory, name)));
}

/** @returns {Promise<string | undefined>} */
async function downloaded() {
  const caches = [
    process.cwd(),
    process.env['PUPPETEER_CACHE_DIR'] ?? join(homedir(), '.cache', 'puppeteer'),
  ].filter((directory) => existsSync(directory));
  for (const cacheDir of caches) {
    const browsers = await getInstalledBrowsers({ cacheDir });
    const usable = browsers
      .filter(({ browser }) => browser === Browser.CHROME || browser === Browser.CHROMIUM)
      .map(({ executablePath }) => executablePath)
      .filter(isUsable);
    if (usable.length > 0) return usable.at(-1);
  }
  return undefined;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * False too for Ubuntu's chromium: that package is a script which starts a snap, and a snap cannot be driven with a profile of our
 * choice, nor run in a container.
 * @param {string} path
 */
function isUsable(path) {
  if (!isExecutable(path)) return false;
  if (path.startsWith('/snap/')) return false;
  if (process.platform !== 'linux') return true;
  const { size } = statSync(path);
  return size > 100_000 || !readFileSync(path, 'utf8').includes('/snap/bin');
}

/** Debian (not Ubuntu, whose package is a snap), as root, with apt-get. */
function canInstallChromium() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/etc/os-release')) return false;
  return /^ID=("?)debian\1$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function installChromium() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // A package list may be fresh enough even when one of several sources cannot be reached: the install decides.
  spawnSync('apt-get', ['update', '-q'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/**
 * Arguments for a browser that is driven by a program: no first-run pages, no traffic of its own, and no sandbox where the user is
 * root, for whom Chrome's sandbox does not start.
 * @returns {string[]}
 */
export function automationArguments() {
  return [
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-quic',
    ...(process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
}

/** True where a window can be shown. */
export function hasDisplay() {
  if (process.platform !== 'linux') return true;
  return ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => (process.env[name] ?? '') !== '');
}

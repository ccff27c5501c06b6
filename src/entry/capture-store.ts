import type { CaptureStore, KeptCapture } from '../session/captures-state.ts';

const DATABASE = 'captures';
/** Two stores, so that listing does not read the files. */
const ABOUT = 'about';
const FILES = 'files';

/** Captures in the extension's own IndexedDB: no permission needed, shared by all DevTools windows of the browser profile. */
export const indexedCaptures: CaptureStore = {
  async list() {
    const all = await run<unknown[]>('readonly', (about) => about.getAll());
    return all.filter(isKept).sort((a, b) => b.added - a.added);
  },
  async put(capture, bytes) {
    await run('readwrite', (about, files) => {
      if (bytes !== null) files.put(bytes, capture.key);
      return about.put(capture, capture.key);
    });
  },
  async read(key) {
    const bytes = await run<unknown>('readonly', (_, files) => files.get(key));
    return bytes instanceof ArrayBuffer ? bytes : null;
  },
  async remove(key) {
    await run('readwrite', (about, files) => {
      files.delete(key);
      return about.delete(key);
    });
  },
};

/** Whether what is stored is a capture: an older version of the extension may have written it. */
function isKept(value: unknown): value is KeptCapture {
  if (typeof value !== 'object' || value === null) return false;
  const { key, name, origin, added, facts, byteLength } = value as Record<string, unknown>;
  const texts = [key, name, origin].every((text) => typeof text === 'string');
  const numbers = [added, byteLength].every((number) => typeof number === 'number');
  return texts && numbers && typeof facts === 'object' && facts !== null;
}

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ABOUT);
      request.result.createObjectStore(FILES);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => {
      opened = undefined;
      reject(request.error ?? new Error('IndexedDB cannot be opened'));
    };
  });
  return opened;
}

/** One transaction; resolves with what `work` asked for once it is done. */
async function run<Result>(
  mode: IDBTransactionMode,
  work: (about: IDBObjectStore, files: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([ABOUT, FILES], mode);
    const request = work(transaction.objectStore(ABOUT), transaction.objectStore(FILES));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () =>
      reject(transaction.error ?? new Error('IndexedDB refused'));
  });
}

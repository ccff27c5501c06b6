import type { FolderStore } from '../session/source-folders.ts';

const DATABASE = 'folders';
const STORE = 'folders';
const KEY = 'granted';

/** Handles of granted folders in the extension's own IndexedDB, which is where the browser lets them be kept. */
export const indexedFolders: FolderStore = {
  async load() {
    const stored = await run<unknown>('readonly', (store) => store.get(KEY));
    return Array.isArray(stored) ? stored.filter((one) => one instanceof FileSystemDirectoryHandle) : [];
  },
  async save(handles) {
    await run('readwrite', (store) => store.put([...handles], KEY));
  },
};

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB cannot be opened'));
  });
}

/** One transaction. */
async function run<Result>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () =>
        reject(transaction.error ?? new Error('IndexedDB refused'));
    });
  } finally {
    database.close();
  }
}

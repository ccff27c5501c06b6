import { expect, test } from 'vitest';
import { SourceFolders, type SourceFolderState } from '../../../src/session/source-folders.ts';

// Folders as the File System Access API gives them: what of it is used, over a list of paths.

class Folder {
  readonly kind = 'directory';
  readonly name: string;
  readonly #files: Readonly<Record<string, string>>;
  readonly #prefix: string;
  permission: PermissionState = 'granted';

  constructor(name: string, files: Readonly<Record<string, string>>, prefix = '') {
    this.name = name;
    this.#files = files;
    this.#prefix = prefix;
  }

  queryPermission = () => Promise.resolve(this.permission);
  isSameEntry = (other: unknown) => Promise.resolve(other instanceof Folder && other.name === this.name);

  getDirectoryHandle(name: string): Promise<Folder> {
    const prefix = `${this.#prefix}${name}/`;
    const isThere = Object.keys(this.#files).some((path) => path.startsWith(prefix));
    return isThere
      ? Promise.resolve(new Folder(name, this.#files, prefix))
      : Promise.reject(new Error('not found'));
  }

  async *keys(): AsyncGenerator<string> {
    const inside = Object.keys(this.#files).filter((path) => path.startsWith(this.#prefix));
    const names = inside.map((path) => path.slice(this.#prefix.length).split('/')[0] ?? '');
    await Promise.resolve();
    yield* new Set(names);
  }

  getFileHandle(name: string): Promise<{ getFile(): Promise<{ size: number; text(): Promise<string> }> }> {
    const text = this.#files[this.#prefix + name];
    if (text === undefined) return Promise.reject(new Error('not found'));
    const file = { size: text.length, text: () => Promise.resolve(text) };
    return Promise.resolve({ getFile: () => Promise.resolve(file) });
  }
}

const handleOf = (folder: Folder): FileSystemDirectoryHandle =>
  folder as unknown as FileSystemDirectoryHandle;

async function withFolders(...folders: Folder[]) {
  const saved: (readonly FileSystemDirectoryHandle[])[] = [];
  let seen: readonly SourceFolderState[] = [];
  const made = new SourceFolders(
    {
      load: () => Promise.resolve(folders.map(handleOf)),
      save: (handles) => {
        saved.push(handles);
        return Promise.resolve();
      },
    },
    (all) => {
      seen = all;
    },
  );
  await made.start();
  const textOf = async (file: string, goVersion: string | null = 'go1.27.3'): Promise<string | null> =>
    (await made.find(file, 'example.com/app', goVersion))?.from ?? null;
  return {
    made,
    saved,
    textOf,
    states: () => seen.map(({ name, permission, goVersion }) => [name, permission, goVersion]),
  };
}

test('a folder that the browser wants to be asked about again is not read until it was allowed', async () => {
  const app = new Folder('app', { 'main.go': 'package main\n' });
  app.permission = 'prompt';
  const { made, textOf, states } = await withFolders(app);
  expect(states()).toEqual([['app', 'prompt', null]]);
  expect(await textOf('example.com/app/main.go')).toBeNull();
  app.permission = 'granted';
  await made.refresh();
  expect(states()).toEqual([['app', 'granted', null]]);
  expect(await textOf('example.com/app/main.go')).toBe('app/main.go');
  app.permission = 'denied';
  await made.refresh();
  expect(await textOf('example.com/app/main.go')).toBeNull();
});

test('a GOROOT of another version is left out; a folder is kept once, and taken away again', async () => {
  const root = new Folder('go', { VERSION: 'go1.27.3\ntime 2026', 'src/fmt/print.go': 'package fmt\n' });
  const { made, saved, textOf, states } = await withFolders();
  await made.add(handleOf(root));
  await made.add(handleOf(new Folder('go', {})));
  expect(states()).toEqual([['go', 'granted', 'go1.27.3']]);
  expect(saved).toHaveLength(1);
  expect(await textOf('fmt/print.go')).toBe('go/src/fmt/print.go');
  expect(await textOf('fmt/print.go', 'go1.26.10')).toBeNull();
  expect(await textOf('fmt/none.go')).toBeNull();
  await made.remove(handleOf(root));
  expect(saved.at(-1)).toEqual([]);
  expect(await textOf('fmt/print.go')).toBeNull();
});

test('the directory of a file, with its other Go files', async () => {
  const { made } = await withFolders(
    new Folder('app', {
      'shop/cart.go': 'package shop\n',
      'shop/prices.go': 'package shop\n\nvar price int\n',
      'shop/notes.txt': 'notes',
      'shop/big.go': 'x'.repeat((8 << 20) + 1),
      'shop/deeper/deep.go': 'package deeper\n',
      'main.go': 'package main\n',
    }),
  );
  const found = await made.directoryOf('example.com/app/shop/cart.go', 'example.com/app', null);
  expect(found?.text).toBe('package shop\n');
  expect(found?.names).toEqual(['cart.go', 'prices.go', 'big.go']);
  expect(await found?.read(['prices.go', 'big.go', 'none.go'])).toEqual(
    new Map([['prices.go', 'package shop\n\nvar price int\n']]),
  );
  const top = await made.directoryOf('example.com/app/main.go', 'example.com/app', null);
  expect(top?.names).toEqual(['main.go']);
  expect(await made.directoryOf('example.com/app/none.go', 'example.com/app', null)).toBeNull();
});

test('a directory with more than can be looked at has no list, and more text than can be held is not read', async () => {
  const many = Array.from({ length: 5001 }, (_, i) => [`many/f${String(i)}.go`, ''] as const);
  const large = Array.from({ length: 3 }, (_, i) => [`large/f${String(i)}.go`, 'x'.repeat(3 << 20)] as const);
  const { made } = await withFolders(new Folder('app', Object.fromEntries([...many, ...large])));
  expect(await made.directoryOf('app/many/f1.go', null, null)).toBeNull();
  const found = await made.directoryOf('app/large/f0.go', null, null);
  expect((await found?.read(found.names))?.size).toBe(2);
});

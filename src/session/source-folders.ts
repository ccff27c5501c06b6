import { isOfTinyGo } from '../base/standard-library.ts';
import type { FoundText } from '../protocol/source-map.ts';
import { fileKind, folderPaths } from './folder-paths.ts';

/** A folder that a person granted, for as long as the browser keeps the grant; kept between DevTools windows. */
export interface FolderStore {
  load(): Promise<readonly FileSystemDirectoryHandle[]>;
  save(handles: readonly FileSystemDirectoryHandle[]): Promise<void>;
}

export const NO_FOLDERS: FolderStore = { load: () => Promise.resolve([]), save: () => Promise.resolve() };

/** As views see it. */
export interface SourceFolderState {
  readonly name: string;
  /** `prompt`: the browser wants to be asked again, which needs a click. */
  readonly permission: PermissionState;
  /** The Go version of a GOROOT; null for other folders. */
  readonly goVersion: string | null;
  readonly handle: FileSystemDirectoryHandle;
}

/** What Chrome adds to the declared type. */
interface Grantable {
  queryPermission(descriptor: { mode: 'read' }): Promise<PermissionState>;
}

/** A directory of a granted folder. */
export interface SourceDirectory {
  /** Of the file by which it was found. */
  readonly text: string;
  /** Names of its Go files. */
  readonly names: readonly string[];
  /** Texts of files of these names, as far as they can be read within bounds. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** A bound on a source file, in bytes, and on those of a directory together. */
const MAX_TEXT = 8 << 20;
/** Entries of a directory that are looked at, and files of it that are read. */
const MAX_ENTRIES = 5000;
const MAX_READ = 500;

/** Go source text from folders that a person granted through the File System Access API. */
export class SourceFolders {
  readonly #store: FolderStore;
  readonly #changed: (folders: readonly SourceFolderState[]) => void;
  #folders: readonly SourceFolderState[] = [];
  /** Directories by folder and path; null for one that is not there. */
  #directories = new Map<string, Promise<FileSystemDirectoryHandle | null>>();

  constructor(store: FolderStore, changed: (folders: readonly SourceFolderState[]) => void) {
    this.#store = store;
    this.#changed = changed;
  }

  get list(): readonly SourceFolderState[] {
    return this.#folders;
  }

  async start(): Promise<void> {
    await this.#take(await this.#store.load());
  }

  async add(handle: FileSystemDirectoryHandle): Promise<void> {
    const handles = this.#folders.map((folder) => folder.handle);
    for (const known of handles) if (await known.isSameEntry(handle)) return this.refresh();
    await this.#store.save([...handles, handle]);
    await this.#take([...handles, handle]);
  }

  async remove(handle: FileSystemDirectoryHandle): Promise<void> {
    const handles = this.#folders.map((folder) => folder.handle).filter((known) => known !== handle);
    await this.#store.save(handles);
    await this.#take(handles);
  }

  /** Looks again at what is granted and what is there. */
  refresh(): Promise<void> {
    return this.#take(this.#folders.map((folder) => folder.handle));
  }

  /**
   * The text of a file, from the first folder that has it; null where none does. A GOROOT of another version than the module's is left out:
   * its lines are others. So is any of Go for files of TinyGo's own.
   */
  async find(file: string, mainModule: string | null, goVersion: string | null): Promise<FoundText | null> {
    const found = await this.#locate(file, mainModule, goVersion);
    return found && { text: found.text, from: `${found.folder.name}/${found.path}` };
  }

  /** The directory of the same file, where a folder has it; null where none does. */
  async directoryOf(
    file: string,
    mainModule: string | null,
    goVersion: string | null,
  ): Promise<SourceDirectory | null> {
    const found = await this.#locate(file, mainModule, goVersion);
    if (found === null) return null;
    const { folder, path, text } = found;
    const above = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const names = await namesIn(await this.#directory(folder, above));
    if (names === null) return null;
    const prefix = above === '' ? '' : `${above}/`;
    return { text, names, read: (wanted) => this.#readAll(folder, prefix, wanted) };
  }

  async #locate(
    file: string,
    mainModule: string | null,
    goVersion: string | null,
  ): Promise<{ readonly folder: SourceFolderState; readonly path: string; readonly text: string } | null> {
    const isStandard = fileKind(file) === 'standard';
    const isTinyGos = isOfTinyGo(file);
    for (const folder of this.#folders) {
      if (folder.permission !== 'granted') continue;
      if (isStandard && folder.goVersion !== null && goVersion !== null && folder.goVersion !== goVersion)
        continue;
      if (isTinyGos && folder.goVersion !== null) continue;
      for (const path of folderPaths(file, mainModule)) {
        const text = await this.#read(folder, path);
        if (text !== null) return { folder, path, text };
      }
    }
    return null;
  }

  async #take(handles: readonly FileSystemDirectoryHandle[]): Promise<void> {
    this.#directories = new Map();
    this.#folders = await Promise.all(
      handles.map(async (handle): Promise<SourceFolderState> => {
        const permission = await (handle as FileSystemDirectoryHandle & Partial<Grantable>)
          .queryPermission?.({ mode: 'read' })
          .catch((): PermissionState => 'denied');
        const state = { name: handle.name, permission: permission ?? 'granted', goVersion: null, handle };
        if (state.permission !== 'granted') return state;
        const version = /^go\S+/.exec((await this.#read(state, 'VERSION')) ?? '');
        return { ...state, goVersion: version?.[0] ?? null };
      }),
    );
    this.#changed(this.#folders);
  }

  async #read(folder: SourceFolderState, path: string): Promise<string | null> {
    const slash = path.lastIndexOf('/');
    const directory = await this.#directory(folder, path.slice(0, Math.max(0, slash)));
    try {
      const file = await (await directory?.getFileHandle(path.slice(slash + 1)))?.getFile();
      return file === undefined || file.size > MAX_TEXT ? null : await file.text();
    } catch {
      return null;
    }
  }

  /** Texts of files, by their names, up to a bound on all of them. */
  async #readAll(
    folder: SourceFolderState,
    prefix: string,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    let left = MAX_TEXT;
    for (const name of names.slice(0, MAX_READ)) {
      const text = await this.#read(folder, prefix + name);
      left -= text?.length ?? 0;
      if (left < 0) break;
      if (text !== null) texts.set(name, text);
    }
    return texts;
  }

  #directory(folder: SourceFolderState, path: string): Promise<FileSystemDirectoryHandle | null> {
    if (path === '') return Promise.resolve(folder.handle);
    const key = `${String(this.#folders.indexOf(folder))}\n${path}`;
    const known = this.#directories.get(key);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf('/');
    const found = this.#directory(folder, path.slice(0, Math.max(0, slash)))
      .then((parent) => parent?.getDirectoryHandle(path.slice(slash + 1)) ?? null)
      .catch(() => null);
    this.#directories.set(key, found);
    return found;
  }
}

/** What lib.dom does not declare without its part for asynchronous iteration. */
interface Listable {
  keys(): AsyncIterable<string>;
}

/** Names of the Go files of a directory; null where it cannot be listed, or has too many entries. */
async function namesIn(directory: FileSystemDirectoryHandle | null): Promise<readonly string[] | null> {
  if (directory === null) return null;
  const names: string[] = [];
  let count = 0;
  try {
    for await (const name of (directory as unknown as Listable).keys()) {
      if (++count > MAX_ENTRIES) return null;
      if (name.endsWith('.go')) names.push(name);
    }
  } catch {
    return null;
  }
  return names;
}

import { expect, test } from 'vitest';
import { SourceFolders } from '../../../src/session/source-folders.ts';

/** A directory as the File System Access API gives it, out of files by path. */
function directory(name: string, files: Readonly<Record<string, string>>): FileSystemDirectoryHandle {
  const none = (): Promise<never> => Promise.reject(new Error('NotFoundError'));
  const handle = {
    name,
    isSameEntry: (other: unknown) => Promise.resolve(other === handle),
    getDirectoryHandle: (part: string) => {
      const below = Object.entries(files).filter(([path]) => path.startsWith(`${part}/`));
      return below.length === 0
        ? none()
        : Promise.resolve(
            directory(
              part,
              Object.fromEntries(below.map(([path, text]) => [path.slice(part.length + 1), text])),
            ),
          );
    },
    getFileHandle: (part: string) => {
      const text = files[part];
      return text === undefined
        ? none()
        : Promise.resolve({
            getFile: () => Promise.resolve({ size: text.length, text: () => Promise.resolve(text) }),
          });
    },
  };
  return handle as unknown as FileSystemDirectoryHandle;
}

test("files of TinyGo's own come out of a TINYGOROOT, never out of a GOROOT, which has others of the same name", async () => {
  const goroot = directory('go', {
    VERSION: 'go1.27.3\n',
    'src/runtime/panic.go': 'of Go',
    'src/fmt/print.go': 'fmt',
  });
  const tinygoroot = directory('tinygo', { 'src/runtime/panic.go': 'of TinyGo' });
  const folders = new SourceFolders(
    { load: () => Promise.resolve([goroot]), save: () => Promise.resolve() },
    () => undefined,
  );
  await folders.start();
  const text = async (file: string): Promise<string | undefined> =>
    (await folders.find(file, null, null))?.text;
  const own = '/usr/local/lib/tinygo/src/runtime/panic.go';
  expect(await text(own)).toBeUndefined();
  expect(await text('/usr/local/go/src/runtime/panic.go')).toBe('of Go');
  await folders.add(tinygoroot);
  expect(await text(own)).toBe('of TinyGo');
  // What TinyGo takes from Go.
  expect(await text('/usr/local/go/src/fmt/print.go')).toBe('fmt');
});

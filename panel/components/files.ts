/** Lets the person choose a file of this computer, or several; nothing happens when they choose none. `accept`: as of an input of files. */
export function chooseFiles(
  accept: string,
  take: (file: File) => void,
  { several = false }: { readonly several?: boolean } = {},
): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = several;
  input.accept = accept;
  input.addEventListener('change', () => {
    for (const file of input.files ?? []) take(file);
  });
  input.click();
}

/** How long a blob is kept for the browser to read it, in milliseconds. */
const KEPT = 60_000;

/** Saves a blob under a name where the browser puts downloads. */
export function saveFile(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT);
}

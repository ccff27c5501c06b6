/**
 * Puts text on the clipboard. A DevTools panel is a frame without the clipboard permission, where `navigator.clipboard` rejects; there a
 * selected textarea and the copy command do. Returns whether it worked.
 */
export async function copyText(text: string): Promise<boolean> {
  if (copyByCommand(text)) return true;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function copyByCommand(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('aria-hidden', 'true');
  area.className = 'clipboard-area';
  const host = document.querySelector('dialog[open]') ?? document.body;
  host.append(area);
  area.select();
  // Deprecated, and still the only way in a frame without the clipboard permission.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const done = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return done;
}

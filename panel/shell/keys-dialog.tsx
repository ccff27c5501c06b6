import type { JSX } from 'preact';
import { Dialog } from '../components/dialog.tsx';

const KEYS: readonly (readonly [keys: readonly string[], text: string])[] = [
  [['/'], 'Filter'],
  [['↑', '↓', 'Page Up', 'Page Down', 'Home', 'End'], 'Move in a list or table'],
  [['←', '→'], 'Close or open folded frames and packages; move between tabs'],
  [['Shift', '↑ ↓'], 'Choose several frames'],
  [['Enter'], 'Open the frame’s file in Sources; zoom into a package'],
  [['Ctrl/⌘', 'C'], 'Copy the chosen frames as Go prints them'],
  [['Alt', '←'], 'Back'],
  [['Alt', '→'], 'Forward'],
  [['Enter'], 'Memory: follow the pointer at the cursor; Alt ← leads back'],
  [['Shift', '↑ ↓ ← →'], 'Memory: choose bytes; Ctrl/⌘ C copies them'],
  [['+', '-', '0'], 'Flame graph: zoom in, out, show all'],
  [['W', 'A', 'S', 'D'], 'Flame graph: move the picture; arrows too while no box is chosen'],
  [['↑', '↓', '←', '→'], 'Flame graph: from the chosen box to caller, widest call, neighbours'],
  [['R'], 'Flame graph: collapse recursion'],
  [['Shift', 'drag'], 'Flame graph: show a part of it; in the picture above it, drag'],
  [['1', '2', '3'], 'Profiles: time order, flame graph, sandwich'],
  [['Ctrl/⌘', 'F'], 'Profiles: search; then Enter and Shift Enter go from match to match'],
  [['Ctrl/⌘', 'O', 'S'], 'Profiles: open a file, save as pprof'],
  [['N', 'P', 'T'], 'Profiles: the next, the previous one, the list of threads or profiles'],
  [['Esc'], 'Close, or zoom out'],
  [['?'], 'This list'],
];

export function KeysDialog({ onClose }: { onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <table class="keys">
        <tbody>
          {KEYS.map(([keys, text]) => (
            <tr key={text}>
              <th scope="row">
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </th>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}

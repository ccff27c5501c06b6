import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

/**
 * A field for text that counts when it is left, or with Enter. What is being typed stays, however often the view around it is drawn
 * meanwhile.
 */
export function DraftField({
  value,
  onCommit,
  ...rest
}: {
  value: string;
  onCommit: (text: string) => void;
  id?: string;
  placeholder?: string;
  'aria-label'?: string;
}): JSX.Element {
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <input
      {...rest}
      type="text"
      class="text-field code"
      value={draft ?? value}
      onInput={(event) => setDraft(event.currentTarget.value)}
      onChange={(event) => {
        setDraft(null);
        onCommit(event.currentTarget.value);
      }}
      onBlur={() => setDraft(null)}
    />
  );
}

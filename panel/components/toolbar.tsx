import type { ComponentChildren, JSX, TargetedKeyboardEvent } from 'preact';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';

/** One line of 26 px; it wraps where it is too narrow, as in DevTools. */
export function Toolbar({
  label,
  class: extra = '',
  children,
}: {
  label: string;
  class?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`toolbar ${extra}`} role="toolbar" aria-label={label}>
      {children}
    </div>
  );
}

export function Divider(): JSX.Element {
  return <span class="toolbar-divider" aria-hidden="true" />;
}

/** A button with an icon only. `tip` says what it does and why one would; it is also its accessible name unless `label` is given. */
export function IconButton({
  icon,
  tip,
  label,
  disabled = false,
  pressed,
  onClick,
}: {
  icon: IconName;
  tip: string;
  label?: string;
  disabled?: boolean;
  pressed?: boolean;
  onClick: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      class="icon-button"
      data-tip={tip}
      aria-label={label ?? tip}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** A button with a text, in a toolbar or under an empty state. */
export function TextButton({
  text,
  tip,
  icon,
  kind = 'plain',
  disabled = false,
  onClick,
}: {
  text: string;
  tip?: string;
  icon?: IconName;
  kind?: 'plain' | 'tonal' | 'outlined';
  disabled?: boolean;
  onClick: () => void;
}): JSX.Element {
  return (
    <button type="button" class={`text-button ${kind}`} data-tip={tip} disabled={disabled} onClick={onClick}>
      {icon === undefined ? null : <Icon name={icon} />}
      {text}
    </button>
  );
}

export function Checkbox({
  text,
  tip,
  checked,
  onChange,
}: {
  text: string;
  tip?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}): JSX.Element {
  return (
    <label class="checkbox" data-tip={tip}>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{text}</span>
    </label>
  );
}

/** The filter of a view; `/` focuses it and Escape empties it. */
export function FilterBox({
  value,
  label,
  placeholder = 'Filter',
  onInput,
}: {
  value: string;
  label: string;
  /** What the text does. */
  placeholder?: string;
  onInput: (text: string) => void;
}): JSX.Element {
  return (
    <span class="filter-box">
      <Icon name="filter" />
      <input
        type="text"
        data-filter=""
        placeholder={placeholder}
        aria-label={label}
        spellcheck={false}
        autocomplete="off"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || value === '') return;
          event.stopPropagation();
          onInput('');
        }}
      />
      {value === '' ? null : (
        <button type="button" class="filter-clear" aria-label="Clear the filter" onClick={() => onInput('')}>
          <Icon name="close" />
        </button>
      )}
    </span>
  );
}

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly tip?: string;
}

/** A strip of tabs; the arrow keys move between them. */
export function TabStrip({
  tabs,
  active,
  label,
  controls,
  class: extra = '',
  onSelect,
}: {
  tabs: readonly Tab[];
  active: string;
  label: string;
  /** Id of the element that shows the chosen tab. */
  controls: string;
  class?: string;
  onSelect: (id: string) => void;
}): JSX.Element {
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0 || event.altKey) return;
    const index = tabs.findIndex(({ id }) => id === active);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    onSelect(next.id);
    const buttons = event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]');
    buttons[tabs.indexOf(next)]?.focus();
  };
  return (
    <div class={`tabs ${extra}`} role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ id, title, tip }) => (
        <button
          key={id}
          type="button"
          role="tab"
          class="tab"
          data-tab={id}
          data-tip={tip}
          aria-selected={id === active}
          aria-controls={controls}
          tabIndex={id === active ? 0 : -1}
          onClick={() => onSelect(id)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Divider, FilterBox, IconButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { clip } from '../../model/text.ts';
import type { CaptureState, ProfileFacts } from '../../model/types.ts';
import {
  basesOf,
  FILTERS,
  GRANULARITIES,
  isFiltered,
  NO_FILTERS,
  sampleTypeOf,
  type ProfilePrefs,
} from './query.ts';

/** How long typing in a filter has to rest before it is applied, in milliseconds. */
const REST = 300;

/** What of a profile is looked at: sample type, granularity, comparison, filters. */
export function QueryBar({
  capture,
  facts,
  base,
  prefs,
  setPrefs,
  onSearchNext,
}: {
  capture: CaptureState;
  facts: ProfileFacts;
  base: string | null;
  prefs: ProfilePrefs;
  setPrefs: (prefs: ProfilePrefs) => void;
  /** Enter in the search field; backwards with Shift. */
  onSearchNext: (backwards: boolean) => void;
}): JSX.Element {
  const model = useModel();
  const { captures } = model.state.value;
  const type = facts.sampleTypes[sampleTypeOf(facts, prefs.sampleType)];
  const filtered = isFiltered(prefs.filters);
  return (
    <>
      <Toolbar label="What is shown of the profile" class="query-bar">
        <select
          class="select"
          aria-label="Sample type"
          data-tip="What samples are counted by"
          value={type?.type ?? ''}
          onChange={(event) => setPrefs({ ...prefs, sampleType: event.currentTarget.value })}
        >
          {facts.sampleTypes.map((one) => (
            <option key={one.type} value={one.type}>
              {clip(`${one.type} (${one.unit})`, 60)}
            </option>
          ))}
        </select>
        <label class="toolbar-label">
          by
          <select
            class="select"
            aria-label="Granularity"
            value={prefs.granularity}
            onChange={(event) => {
              const granularity = GRANULARITIES.find((one) => one === event.currentTarget.value);
              if (granularity !== undefined) setPrefs({ ...prefs, granularity });
            }}
          >
            {GRANULARITIES.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <label class="toolbar-label">
          base
          <select
            class="select"
            aria-label="Compare with"
            data-tip="Compares with another profile: what grew is red, what shrank is blue; shares are of the base, as with pprof -diff_base"
            value={base ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget;
              model.go({ captureBase: value === '' ? null : value });
            }}
          >
            <option value="">none</option>
            {basesOf(captures, capture, type?.type ?? '').map(({ key, name }) => (
              <option key={key} value={key}>
                {clip(name, 60)}
              </option>
            ))}
          </select>
        </label>
        <Divider />
        <span
          class="search"
          onKeyDown={(event) => {
            if (event.key === 'Enter') onSearchNext(event.shiftKey);
          }}
        >
          <FilterBox
            value={model.filter('profiles').value}
            label="Search functions"
            placeholder="Search"
            onInput={(text) => model.setFilter('profiles', text)}
          />
        </span>
        <IconButton
          icon="filter"
          tip="pprof’s filters: focus, ignore, hide, show, show_from, tagfocus, tagignore"
          label="Filters"
          pressed={prefs.filtersShown || filtered}
          onClick={() => setPrefs({ ...prefs, filtersShown: !prefs.filtersShown })}
        />
        {filtered ? (
          <IconButton
            icon="clear"
            tip="Remove all filters"
            onClick={() => setPrefs({ ...prefs, filters: NO_FILTERS })}
          />
        ) : null}
      </Toolbar>
      {prefs.filtersShown || filtered ? (
        <div class="profile-filters" role="group" aria-label="pprof filters">
          {FILTERS.map(([key, name, what]) => (
            <label key={key} class="profile-filter" data-tip={`${what}\nA regular expression of Go.`}>
              <span>{name}</span>
              <RestingField
                label={name}
                value={prefs.filters[key]}
                onChange={(value) => setPrefs({ ...prefs, filters: { ...prefs.filters, [key]: value } })}
              />
            </label>
          ))}
        </div>
      ) : null}
    </>
  );
}

/** A field whose text counts once the typing rests, or with Enter. */
function RestingField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  const [text, setText] = useState(value);
  const latest = useRef({ text, onChange });
  latest.current = { text, onChange };
  // At once: what is typed after it stays.
  useLayoutEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => {
      // Effects come late on a busy machine: typing may have gone on, and the other filters may be others, before this is taken away.
      if (latest.current.text === text) latest.current.onChange(text);
    }, REST);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      class="text-field code"
      type="text"
      aria-label={label}
      spellcheck={false}
      autocomplete="off"
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onChange(event.currentTarget.value);
      }}
    />
  );
}

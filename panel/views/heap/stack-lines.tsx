import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { MissingSource, SourceLink, type OpenFailure } from '../../components/source-link.tsx';
import { clip } from '../../model/text.ts';
import { EXACT } from '../../../src/base/confidence.ts';

/** A stack whose lines are `function file:line`, innermost first, with its places as links. */
export function StackLines({ text, moduleKey }: { text: string; moduleKey: string }): JSX.Element {
  const [failure, setFailure] = useState<OpenFailure | null>(null);
  return (
    <div class="heap-object" aria-label="Stack" role="region">
      <ol class="code">
        {text.split('\n').map((line, i) => {
          const [, name = line, file = '', number = '0'] = /^(.*?) (\S.*):(\d+)$/.exec(line) ?? [];
          return (
            <li key={i}>
              {clip(name, 300)}{' '}
              {file === '' ? null : (
                <SourceLink
                  place={{ file, line: Number(number) }}
                  confidence={EXACT}
                  moduleKey={moduleKey}
                  onFailure={setFailure}
                />
              )}
            </li>
          );
        })}
      </ol>
      {failure === null ? null : (
        <MissingSource
          title={`${failure.place.file}:${String(failure.place.line)} could not be opened:`}
          why={failure.why}
          tried={failure.tried}
        />
      )}
    </div>
  );
}

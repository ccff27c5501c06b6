import { useEffect, useRef, useState } from 'preact/hooks';
import { errorText } from '../model/failure.ts';
import { Rounds } from './rounds.ts';

/** What came of a question to the session. While a newer one is under way the last value stays, with `current` false. */
export interface Answer<Value> {
  readonly value: Value | null;
  /** The question that it came of; null where there is no answer yet. */
  readonly of: string | null;
  /** Why there is no value. */
  readonly failure: string | null;
  readonly current: boolean;
}

/**
 * Asks when `question` changes; null: asks nothing. An answer that comes after the next question is dropped. The same question is asked anew when `round`
 * changes, once the round before is answered.
 */
export function useAnswer<Value>(
  question: string | null,
  ask: () => Promise<Value>,
  round: string | number = 0,
): Answer<Value> {
  const [got, setGot] = useState<{ question: string; value: Value | null; failure: string | null } | null>(
    null,
  );
  const latest = useRef(ask);
  latest.current = ask;
  const rounds = useRef<Rounds | null>(null);
  useEffect(() => {
    if (question === null) return;
    let wanted = true;
    const asking = new Rounds(() =>
      latest.current().then(
        (value) => {
          if (wanted) setGot({ question, value, failure: null });
        },
        (error: unknown) => {
          const failure = errorText(error);
          if (wanted) setGot({ question, value: null, failure });
        },
      ),
    );
    rounds.current = asking;
    return () => {
      wanted = false;
      asking.stop();
      rounds.current = null;
    };
  }, [question]);
  // After the effect above: a new question is asked in its first round.
  useEffect(() => rounds.current?.next(), [question, round]);
  if (got === null || question === null)
    return { value: null, failure: null, of: null, current: question === null };
  return { value: got.value, failure: got.failure, of: got.question, current: got.question === question };
}

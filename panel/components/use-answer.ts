import { useEffect, useState } from 'preact/hooks';
import { errorText } from '../model/failure.ts';

/** What came of a question to the session. While a newer one is under way the last value stays, with `current` false. */
export interface Answer<Value> {
  readonly value: Value | null;
  /** The question that it came of; null where there is no answer yet. */
  readonly of: string | null;
  /** Why there is no value. */
  readonly failure: string | null;
  readonly current: boolean;
}

/** Asks when `question` changes; null: asks nothing. An answer that comes after the next question is dropped. */
export function useAnswer<Value>(question: string | null, ask: () => Promise<Value>): Answer<Value> {
  const [got, setGot] = useState<{ question: string; value: Value | null; failure: string | null } | null>(
    null,
  );
  useEffect(() => {
    if (question === null) return;
    let wanted = true;
    ask().then(
      (value) => wanted && setGot({ question, value, failure: null }),
      (error: unknown) => {
        const failure = errorText(error);
        if (wanted) setGot({ question, value: null, failure });
      },
    );
    return () => {
      wanted = false;
    };
  }, [question]);
  if (got === null || question === null)
    return { value: null, failure: null, of: null, current: question === null };
  return { value: got.value, failure: got.failure, of: got.question, current: got.question === question };
}

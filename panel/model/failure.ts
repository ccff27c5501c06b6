// The session lives in another page of the extension: its errors have that page's Error as their class, and `instanceof Error` does not hold here.

interface ErrorLike {
  readonly name: unknown;
  readonly message: string;
}

function isErrorLike(value: unknown): value is ErrorLike {
  if (typeof value !== 'object' || value === null) return false;
  return 'name' in value && 'message' in value && typeof value.message === 'string';
}

/** What an error says, of whichever page it is. */
export function errorText(error: unknown): string {
  return isErrorLike(error) ? error.message : String(error);
}

/** Whether the person gave the work up: whoever did knows, and is told nothing. */
export function isCancelled(error: unknown): boolean {
  return isErrorLike(error) && error.name === 'CancelledError';
}

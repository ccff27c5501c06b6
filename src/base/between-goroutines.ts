import { goSourceUrl } from './go-source-url.ts';

/** What DevTools shows where a step ends in code that has no line: a file of this name. */
export const BETWEEN_GOROUTINES = 'between goroutines.txt';

/** Its URL in DevTools. */
export const BETWEEN_GOROUTINES_URL = goSourceUrl(BETWEEN_GOROUTINES);

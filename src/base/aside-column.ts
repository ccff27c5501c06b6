/** Of code at which nobody wants to stop for its line: DevTools has it in another column (0-based) than the rest of the line. */
export const ASIDE_COLUMN = 1;

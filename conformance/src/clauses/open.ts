/** Clauses that could be seen from outside and are not judged yet, with the reason; the list may only shrink. */
export const OPEN_CLAUSES: Readonly<Record<string, string>> = {};

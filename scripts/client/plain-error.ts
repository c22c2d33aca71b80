/** What the person at the terminal can do something about: shown without a stack. */
export class PlainError extends Error {}

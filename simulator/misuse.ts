/** The simulator was told to do something that makes no sense: a mistake in the test or drill. */
export class Misuse extends Error {}

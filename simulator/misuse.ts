/** A test or drill asks the simulator for something that makes no sense. */
export class Misuse extends Error {}

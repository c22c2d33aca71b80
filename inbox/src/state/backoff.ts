/** How long to wait before connecting again. Pure. */

const FIRST_MS = 500;
const LAST_MS = 30_000;

/**
 * Doubles with each failure. A deploy drops all sockets together: a random part of it keeps them from
 * coming back together.
 *
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, random: number): number {
  const most = Math.min(LAST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(most * random);
}

/** When a queue message that failed comes back. */

/** Cloudflare Queues wait at most 12 hours. */
const LONGEST_DELAY_SECONDS = 12 * 60 * 60;

/** Doubling from 2 s would pass the limit at the 15th of the 100 tries. */
const LONGEST_DOUBLING = 14;

/** Seconds until the next try, growing with each. */
export function retryDelaySeconds(attempts: number): number {
  return Math.min(2 ** Math.min(attempts, LONGEST_DOUBLING), LONGEST_DELAY_SECONDS);
}

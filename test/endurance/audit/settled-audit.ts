import { setTimeout as sleep } from "node:timers/promises";
import { PlainError } from "../../../scripts/client/plain-error.ts";
import type { Audit } from "./audit.ts";

const PAUSE_MS = 1000;

/** What is right must stay so for longer than an object's alarm, after a failure, waits for its next try: 15 seconds. */
const LATE_MS = 20_000;

/** Something that moves for longer than this does not end by itself. */
const LONGEST_MS = 45 * 60_000;

/**
 * The audit that is the last word: after it nothing has moved for `LATE_MS` if it is clean, else for
 * `stillMs`. An earlier one would find what is only under way, or miss what comes late.
 *
 * @param stillMs longer than anything that still moves pauses
 */
export async function settledAudit(
  ask: () => Promise<Audit>,
  isClean: (audit: Audit) => boolean,
  stillMs: number,
): Promise<Audit> {
  const startedAt = Date.now();
  let last = await ask();
  let stillSince = Date.now();
  for (;;) {
    const now = Date.now();
    if (now - stillSince >= (isClean(last) ? LATE_MS : stillMs)) return last;
    if (now - startedAt > LONGEST_MS) {
      throw new PlainError(`After ${LONGEST_MS / 60_000} minutes something still moves.`);
    }
    await sleep(PAUSE_MS);
    const next = await ask();
    if (JSON.stringify(next) !== JSON.stringify(last)) stillSince = Date.now();
    last = next;
  }
}

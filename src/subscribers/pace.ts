/**
 * The two queues of events. All of them start in the prompt one, whose batches end soon whatever a
 * subscriber does; what they can't wait for moves to the slow one, which waits.
 */
import { SECOND_MS } from "../lib/time.ts";

export type Pace = {
  queue: "prompt" | "slow";
  /** How long a subscriber may take to answer. */
  answerMs: number;
  /** When the share of a subscriber in a batch begins no further delivery. */
  shareMs: number;
};

/** Long enough for an answer from another continent, and little to wait for those behind it. */
export const PROMPT_ANSWER_MS = SECOND_MS;

export const PROMPT: Pace = {
  queue: "prompt",
  answerMs: PROMPT_ANSWER_MS,
  shareMs: PROMPT_ANSWER_MS,
};

/** The least that Standard Webhooks asks for. */
const SLOW_ANSWER_MS = 15_000;

export const SLOW: Pace = {
  queue: "slow",
  answerMs: SLOW_ANSWER_MS,
  shareMs: Number.POSITIVE_INFINITY,
};

/**
 * Subscribers that a try found away, or slow, and what holds of them for a while. Known to this
 * isolate alone: another one finds out by itself.
 */
export class Marks {
  readonly #until = new Map<string, number>();

  /** Milliseconds that are left; 0 if it is not marked. */
  left(url: string, now: number): number {
    return Math.max(0, (this.#until.get(url) ?? 0) - now);
  }

  begin(url: string, until: number): void {
    this.#until.set(url, until);
  }

  end(url: string): void {
    this.#until.delete(url);
  }
}

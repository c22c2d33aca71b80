/**
 * The two event queues. Every event starts in the prompt queue, whose batches end soon whatever a
 * subscriber does; an event that would take longer moves to the slow queue, which waits for it.
 */
import { SECOND_MS } from "../lib/time.ts";

export type Pace = {
  queue: "prompt" | "slow";
  /** How long a subscriber has to answer. */
  answerMs: number;
  /** For how long a batch begins deliveries to one subscriber. */
  shareMs: number;
};

/** Long enough for an answer from another continent, short enough for the events that wait behind. */
export const PROMPT_ANSWER_MS = SECOND_MS;

export const PROMPT: Pace = {
  queue: "prompt",
  answerMs: PROMPT_ANSWER_MS,
  shareMs: PROMPT_ANSWER_MS,
};

/** The minimum that Standard Webhooks asks for. */
const SLOW_ANSWER_MS = 15 * SECOND_MS;

export const SLOW: Pace = {
  queue: "slow",
  answerMs: SLOW_ANSWER_MS,
  shareMs: Number.POSITIVE_INFINITY,
};

/**
 * Subscribers that count as unreachable, or as slow, for a while. Each isolate keeps its own marks and
 * finds out by its own tries.
 */
export class Marks {
  readonly #until = new Map<string, number>();

  /** Milliseconds until the mark ends; 0 if the subscriber has none. */
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

/** What the alarm does: all that an object has begun and not ended. It is set for the earliest thing due. */
import { backoff } from "../lib/backoff.ts";
import { errorMembers, log } from "../lib/log.ts";
import { SECOND_MS } from "../lib/time.ts";
import { createDatabase } from "../store/d1.ts";
import type { Links } from "./identity/links.ts";
import type { ConversationMerge } from "./identity/merge.ts";
import type { SendingAtOnce } from "./sending/at-once.ts";
import type { OutboxSender } from "./sending/sender.ts";
import type { ConversationStorage } from "./storage/storage.ts";
import type { Projector } from "./sync/projector.ts";

/** The longest wait between two tries: lists must be right soon after D1 is back. */
const LONGEST_RETRY_MS = 15 * SECOND_MS;

const projectionBackoff = backoff({ baseMs: SECOND_MS, maxMs: LONGEST_RETRY_MS, jitter: 0 });

type Parts = {
  atOnce: SendingAtOnce;
  links: Links;
  merge: ConversationMerge;
  projector: Projector;
  sender: OutboxSender;
};

export class AlarmWork {
  readonly #storage: ConversationStorage;
  readonly #parts: Parts;
  readonly #env: Env;
  #failures = 0;
  /** Until the first alarm after waking, which may be the one that woke the object. */
  #isJustAwake = true;

  constructor(storage: ConversationStorage, parts: Parts, env: Env) {
    this.#storage = storage;
    this.#parts = parts;
    this.#env = env;
  }

  async run(): Promise<void> {
    const storage = this.#storage;
    const { clock } = storage;
    const { atOnce, links, merge, projector, sender } = this.#parts;
    clock.fired();
    storage.writeQueuedEvents();
    if (this.#isJustAwake) storage.wake(true);
    this.#isJustAwake = false;
    const now = Date.now();
    const due = this.nextDueAt(now);
    // Usually a caller has had everything brought already.
    if (projector.isSettled() && (due === null || due > now)) return clock.exactly(due);
    // If anything fails from here on, the alarm fires again.
    clock.atLatest(this.#soon());
    try {
      try {
        await atOnce.settleInterrupted();
        await projector.sync();
      } finally {
        // Messages leave even if D1 fails: their rows follow.
        await sender.run();
      }
      await links.make();
      await projector.sync();
      await merge.moveOut(sender, projector, createDatabase(this.#env));
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      const failures = this.#failures;
      log("error", "conversation_alarm_failed", { failures, ...errorMembers(error) });
      return undefined;
    }
    storage.tidyUp(now);
    return clock.exactly(this.nextDueAt());
  }

  /**
   * When the object has something to do next; null if nothing is due.
   *
   * @param soon when the object tries again what is unfinished
   */
  nextDueAt(soon = this.#soon()): number | null {
    const { inbox, outbox, state, record, leaving } = this.#storage;
    if (record.kind === "moved" && record.departing !== null) return soon;
    if (state === null) return null;
    const unfinished =
      inbox.hasUnsettled() ||
      outbox.hasUnrecorded() ||
      this.#storage.hasEventsToQueue() ||
      leaving !== null ||
      this.#parts.links.hasOpen();
    const dues = [
      unfinished ? soon : null,
      outbox.waiting.dueAt(),
      outbox.records.pruneDueAt(),
    ].filter((due) => due !== null);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  #soon(): number {
    return Date.now() + projectionBackoff(this.#failures, { random: 0 });
  }
}

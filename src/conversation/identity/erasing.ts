/** Erases the person of a conversation, and answers which of their messages had left by then. */
import { tailOf } from "../../lib/ids.ts";
import type { SendFate } from "../rpc.ts";
import type { OutboxSender } from "../sending/sender.ts";
import { type Erase, type Erased, wasErasedAt } from "../state/tombstone.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { Projector } from "../sync/projector.ts";

/**
 * Keeps the tails of the ids of messages that had left only in memory: a caller that waits for an answer
 * keeps the object awake. After a restart the object knows of no message whether it left.
 */
export class Erasing {
  readonly #storage: ConversationStorage;
  readonly #sender: OutboxSender;
  readonly #projector: Projector;
  readonly #left = new Set<string>();
  /** Of messages made after this time (milliseconds) the object knows whether they left. */
  #knownSince = Infinity;
  #over: Promise<unknown> = Promise.resolve();

  constructor(storage: ConversationStorage, sender: OutboxSender, projector: Projector) {
    this.#storage = storage;
    this.#sender = sender;
    this.#projector = projector;
  }

  /**
   * Waits for the current calls to Meta and to D1 to end, then erases; until then the object sends nothing
   * and takes no message. Null with `onlyIfSilent` if there was activity since.
   *
   * @param atWork the alarm's current work
   */
  async erase(
    { at, elsewhere: heldByOthers = [], onlyIfSilent = false }: Erase,
    atWork: Promise<void>,
  ): Promise<Erased | null> {
    const storage = this.#storage;
    if (onlyIfSilent && !storage.isSilentSince(at)) return null;
    const resume = onlyIfSilent ? () => undefined : this.#sender.stop();
    let erased: Erased | null = null;
    const erasing = atWork.then(() =>
      this.#sender.pauseWhile(() =>
        this.#projector.pauseWhile(async () => {
          if (onlyIfSilent && !storage.isSilentSince(at)) return;
          this.#noteWhatLeft();
          // What came while the erasure waited is erased, too.
          erased = storage.erase(onlyIfSilent ? at : Math.max(at, Date.now()), heldByOthers);
        }),
      ),
    );
    this.#over = Promise.allSettled([this.#over, erasing]);
    try {
      await erasing;
    } finally {
      resume();
    }
    return erased;
  }

  /** Waits for a running erasure if it will cancel this message. */
  async untilTakenBack(messageId: string): Promise<void> {
    if (this.#sender.isStopped && this.#storage.outbox.isOpen(messageId)) await this.#over;
  }

  /** @param madeAt when the message was made, in milliseconds: its id may name a later time */
  fateOf(messageId: string, madeAt: number): SendFate {
    if (!wasErasedAt(this.#storage.tombstone, madeAt)) {
      return this.#sender.isStopped ? "unsent" : "not_erased";
    }
    const isKnown = madeAt > this.#knownSince;
    return isKnown && !this.#left.has(tailOf(messageId)) ? "unsent" : "may_have_been_sent";
  }

  #noteWhatLeft(): void {
    const { record, tombstone, outbox } = this.#storage;
    for (const id of outbox.left()) this.#left.add(tailOf(id));
    // The outbox has every message since the last erasure, unless the conversation moved.
    const wholeSince = tombstone?.erased_at ?? 0;
    this.#knownSince =
      record.kind === "moved" ? Date.now() : Math.min(wholeSince, this.#knownSince);
  }
}

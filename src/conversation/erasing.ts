/** Forgets the person of a conversation, and tells what of their messages had left by then. */
import type { SendFate } from "./rpc.ts";
import type { OutboxSender } from "./sender.ts";
import type { ConversationStorage } from "./storage.ts";
import { type Erase, type Erased, wasErasedAt } from "./tombstone.ts";

/**
 * What had left is kept in memory alone: whoever waits for an answer keeps the object awake. After a
 * restart it is not known of any message whether it left.
 */
export class Erasing {
  readonly #storage: ConversationStorage;
  readonly #sender: OutboxSender;
  readonly #left = new Set<string>();
  /** Of what was made later it is known whether it left. */
  #knownSince = Infinity;
  #over: Promise<unknown> = Promise.resolve();

  constructor(storage: ConversationStorage, drain: OutboxSender) {
    this.#storage = storage;
    this.#sender = drain;
  }

  /**
   * Once the one call under way has ended; nothing leaves and nothing is taken meanwhile. Null where it
   * was to be only if nothing was said since.
   *
   * @param atWork what the alarm is about
   */
  async erase(
    { at, elsewhere = [], onlyIfSilent = false }: Erase,
    atWork: Promise<void>,
  ): Promise<Erased | null> {
    const storage = this.#storage;
    if (onlyIfSilent && !storage.isSilentSince(at)) return null;
    const resume = onlyIfSilent ? () => undefined : this.#sender.stop();
    let erased: Erased | null = null;
    const erasing = atWork.then(() =>
      this.#sender.pauseWhile(async () => {
        if (onlyIfSilent && !storage.isSilentSince(at)) return;
        this.#noteWhatLeft();
        // What came while it waited is of before, too.
        erased = storage.erase(onlyIfSilent ? at : Math.max(at, Date.now()), elsewhere);
      }),
    );
    this.#over = Promise.allSettled([this.#over, erasing]);
    try {
      await erasing;
    } finally {
      resume();
    }
    return erased;
  }

  /** Resolves at once, unless an erasure is about to take back what is left to send of this message. */
  async takesBack(messageId: string): Promise<void> {
    if (this.#sender.isStopped && this.#storage.outbox.isOpen(messageId)) await this.#over;
  }

  /** @param madeAt when the message was made, in milliseconds: its id may be of later */
  fateOf(messageId: string, madeAt: number): SendFate {
    if (!wasErasedAt(this.#storage.tombstone, madeAt)) {
      return this.#sender.isStopped ? "unsent" : "not_erased";
    }
    const isKnown = madeAt > this.#knownSince;
    return isKnown && !this.#left.has(messageId) ? "unsent" : "may_have_been_sent";
  }

  #noteWhatLeft(): void {
    const { record, tombstone, outbox } = this.#storage;
    for (const id of outbox.left()) this.#left.add(id);
    // An outbox is whole since the last erasure, unless it moved.
    const wholeSince = tombstone?.erased_at ?? 0;
    this.#knownSince =
      record.kind === "moved" ? Date.now() : Math.min(wholeSince, this.#knownSince);
  }
}

/** What customers and staff did and what answers they got: the outside view that the store must agree with. */
export type WrittenMessage = {
  wamid: string;
  /** See `conversationKey`. */
  conversation: string;
  /** Display text. */
  body: string;
  /** Meta's timestamp, whole seconds in Unix milliseconds. */
  at: number;
  countsAsUnread: boolean;
};

/** A message that the API was asked to send, and the answer. */
export type OrderedSend = {
  /** Its text contains it; its idempotency key, if it has one. */
  key: string;
  /** Whether its caller repeats it, under its key, until there is an answer. */
  isRepeated: boolean;
  /** The body of the request. */
  request: object;
  conversation: string;
  /** HTTP status; null while there is none. */
  answer: number | null;
  /** Null where it was refused without one. */
  messageId: string | null;
  /** Whether a connection broke before the answer came. */
  wasInterrupted: boolean;
};

export class Ledger {
  readonly written: WrittenMessage[] = [];
  readonly sends: OrderedSend[] = [];
  /** Read marks that were acknowledged: per conversation id the greatest message id. */
  readonly readMarks = new Map<string, string>();
  /**
   * Keys of sends under way when a version took over that does not know them: it may send one twice, or
   * leave it without its row.
   */
  readonly forgottenSends = new Set<string>();
  /** By wamid, statuses that lay in a queue of which nothing is lost. */
  readonly queuedStatuses = new Map<string, Set<string>>();
  #reads = 0;

  /** Everything that happened so far, statuses aside. */
  get events(): number {
    return this.written.length + this.sends.length + this.#reads;
  }

  noteQueued(statuses: readonly (readonly [wamid: string, status: string])[]): void {
    for (const [wamid, status] of statuses) {
      this.queuedStatuses.set(
        wamid,
        (this.queuedStatuses.get(wamid) ?? new Set<string>()).add(status),
      );
    }
  }

  acknowledgeRead(conversationId: string, messageId: string): void {
    this.#reads += 1;
    const before = this.readMarks.get(conversationId) ?? "";
    if (messageId > before) this.readMarks.set(conversationId, messageId);
  }
}

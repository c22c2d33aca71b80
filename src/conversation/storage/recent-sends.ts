/**
 * The sends that a conversation object keeps in its one row beside its record: the message under way, and
 * the last ones with their outcome. A message that must wait goes into the outbox's table.
 */
import { isSameMessage } from "../../lib/ids.ts";
import type { OutgoingMessage, SendReport } from "../../message/outgoing-message.ts";
import type { RowPart } from "./inbox.ts";
import type { SendKey } from "./send-key.ts";

/** A repeated call names a message of the last seconds, and each write of the row pays for them. */
const REMEMBERED_SENDS = 4;

export type RecentSend = {
  message_id: string;
  stage: "waiting" | "calling" | "done";
  /** Null once D1 has the outcome. */
  message: OutgoingMessage | null;
  report: SendReport;
  revision: number;
  attempts: number;
  created_at: number;
  recorded: boolean;
  /** Its idempotency key; null = none. */
  key: SendKey | null;
  /** Whether the key is known to be this message's, or there is none. */
  claimed: boolean;
};

/**
 * A message under way is stored as `calling` from the beginning: a restart can't know whether it was. D1 may
 * have seen it so, under the revision of the call.
 */
export function asStored(send: RecentSend): RecentSend {
  const { stage, revision } = send;
  return stage === "waiting" ? { ...send, stage: "calling", revision: revision + 1 } : send;
}

export class RecentSends {
  readonly #part: RowPart<readonly RecentSend[]>;

  constructor(part: RowPart<readonly RecentSend[]>) {
    this.#part = part;
  }

  get all(): readonly RecentSend[] {
    return this.#part.get();
  }

  find(messageId: string): RecentSend | null {
    return this.all.find((each) => isSameMessage(each.message_id, messageId)) ?? null;
  }

  /** Adds a send; of those before it that D1 has, only the last outcomes stay. */
  add(send: RecentSend): void {
    const recorded = this.all.filter((each) => each.recorded && each.stage === "done");
    const forgotten = new Set(recorded.slice(0, -REMEMBERED_SENDS));
    const before = this.all
      .filter((each) => !forgotten.has(each))
      .map((each) => (recorded.includes(each) ? { ...each, message: null } : each));
    this.#part.set([...before, send]);
  }

  /** Changes a send; with `later`, only in memory until something else writes the row. */
  change(
    messageId: string,
    change: Partial<RecentSend>,
    { later = false }: { later?: boolean } = {},
  ): void {
    const changed = this.all.map((each) =>
      each.message_id === messageId ? { ...each, ...change } : each,
    );
    if (later) this.#part.note(changed);
    else this.#part.set(changed);
  }

  remove(messageId: string): void {
    this.#part.set(this.all.filter((each) => each.message_id !== messageId));
  }

  clear(): void {
    if (this.all.length > 0) this.#part.set([]);
  }
}

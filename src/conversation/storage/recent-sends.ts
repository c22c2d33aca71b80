/**
 * The sends that a conversation object keeps in its one row beside its record: the message under way, and
 * the last ones with their outcome. A message that must wait goes into the outbox's table.
 */
import { isSameMessage } from "../../lib/ids.ts";
import type { OutgoingMessage, SendReport, SendToShow } from "../../message/outgoing-message.ts";
import {
  IDEMPOTENCY_KEY_LIFE_MS,
  type KeyClaim,
  type KeyHolder,
} from "../../store/idempotency-keys.ts";
import type { OutboxRow } from "../tables/outbox-rows.ts";
import type { RowPart } from "./inbox.ts";

/** The idempotency key of a send. The object gives the message its id, and knows its conversation. */
export type SendKey = Omit<KeyClaim, "message_id" | "conversation_id">;

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

/** @param key its idempotency key, which may still be another message's */
export function newSend(message: OutgoingMessage, key: SendKey | null, now: number): RecentSend {
  return {
    message_id: message.id,
    stage: "waiting",
    message,
    report: { state: message.ready_at > now ? "scheduled" : "queued", error: null },
    revision: 1,
    attempts: 0,
    created_at: now,
    recorded: false,
    key,
    claimed: key === null,
  };
}

/**
 * A message under way is stored as `calling` from the beginning: a restart can't know whether it was. D1 may
 * have seen it so, under the revision of the call.
 */
export function asStored(send: RecentSend): RecentSend {
  const { stage, revision } = send;
  return stage === "waiting" ? { ...send, stage: "calling", revision: revision + 1 } : send;
}

/** A message that left at once is brought with its outcome alone. */
export function progressOf({ message_id, revision, report, message }: RecentSend): SendToShow {
  return { message_id, revision, report, message, is_new: true };
}

/** A message whose key is not known to be its own may never be sent: it has no row. */
export function lacksRow({ stage, recorded, claimed }: RecentSend): boolean {
  return stage !== "waiting" && !recorded && claimed;
}

/** The row of a send in the outbox's table. */
export function rowOf({ key: _key, claimed: _claimed, ...send }: RecentSend): OutboxRow {
  const { message, report, recorded, created_at } = send;
  const ready_at = message?.ready_at ?? created_at;
  return {
    ...send,
    ready_at,
    due_at: ready_at,
    message: message === null ? null : JSON.stringify(message),
    report: JSON.stringify(report),
    recorded: recorded ? 1 : 0,
    slot_at: null,
  };
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

  change(messageId: string, change: Partial<RecentSend>): void {
    this.#part.set(this.#changed(messageId, change));
  }

  /** Changes a send in memory only, until something else writes the row. */
  note(messageId: string, change: Partial<RecentSend>): void {
    this.#part.note(this.#changed(messageId, change));
  }

  remove(messageId: string): void {
    this.#part.set(this.all.filter((each) => each.message_id !== messageId));
  }

  /** After waking: without an alarm D1 has everything, else it may lack what still has its content. */
  wake(hasAlarm: boolean): void {
    for (const { message_id, message } of this.all) {
      const recorded = !hasAlarm || message === null;
      this.note(message_id, { recorded });
    }
  }

  /** Notes in memory that the key is the message's: should the object stop, the key is claimed again. */
  claimed(messageId: string): void {
    this.note(messageId, { claimed: true });
  }

  /** Interrupted messages whose idempotency key may be another message's: those were never sent. */
  unclaimed(): RecentSend[] {
    return this.all.filter(({ stage, claimed }) => stage === "done" && !claimed);
  }

  /** Whether the message's key is known to be its own; one whose key is another's is never sent. */
  isClaimed(messageId: string): boolean {
    return this.find(messageId)?.claimed ?? true;
  }

  /** The message of the last ones that a key stands for, so that D1 need not be asked. */
  holderOf({ sent_by, key, created_at }: SendKey): Omit<KeyHolder, "conversation_id"> | null {
    const since = created_at - IDEMPOTENCY_KEY_LIFE_MS;
    for (const { message_id, key: held, claimed } of this.all) {
      if (!claimed || held?.key !== key || held.sent_by !== sent_by) continue;
      const { request_hash, created_at: at } = held;
      if (at > since) return { message_id, request_hash, created_at: at };
    }
    return null;
  }

  clear(): void {
    if (this.all.length > 0) this.#part.set([]);
  }

  #changed(messageId: string, change: Partial<RecentSend>): readonly RecentSend[] {
    return this.all.map((each) => (each.message_id === messageId ? { ...each, ...change } : each));
  }
}

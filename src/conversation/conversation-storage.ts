/** All that a conversation object keeps: its state, cached in memory, its inbox and its outbox. */
import type { ConversationState } from "./conversation-state.ts";
import { Inbox } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import { migrate } from "./storage-schema.ts";

/** An object is empty until something happens to it; a moved one only points to another. */
export type ConversationRecord =
  | { kind: "empty" }
  | { kind: "live"; state: ConversationState }
  | { kind: "moved"; to: string };

export class ConversationStorage {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly #storage: DurableObjectStorage;
  #record: ConversationRecord;

  constructor(storage: DurableObjectStorage) {
    migrate(storage);
    this.#storage = storage;
    this.inbox = new Inbox(storage.sql);
    this.outbox = new Outbox(storage.sql);
    const row = storage.sql.exec<{ value: string }>("SELECT value FROM state").toArray()[0];
    this.#record = row === undefined ? { kind: "empty" } : JSON.parse(row.value);
  }

  get record(): ConversationRecord {
    return this.#record;
  }

  /** The state of a live conversation, else null. */
  get state(): ConversationState | null {
    return this.#record.kind === "live" ? this.#record.state : null;
  }

  /** All or nothing, in storage and in memory. */
  transaction<Result>(work: () => Result): Result {
    const before = this.#record;
    try {
      return this.#storage.transactionSync(work);
    } catch (error) {
      this.#record = before;
      throw error;
    }
  }

  /** Keeps a changed state under the next version. */
  save(state: ConversationState, now: number): ConversationState {
    const saved = { ...state, version: state.version + 1, updated_at: now };
    this.#write({ kind: "live", state: saved });
    return saved;
  }

  moveTo(to: string): void {
    this.#write({ kind: "moved", to });
  }

  #write(record: ConversationRecord): void {
    this.#storage.sql.exec(
      "INSERT INTO state (id, value) VALUES (1, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      JSON.stringify(record),
    );
    this.#record = record;
  }
}

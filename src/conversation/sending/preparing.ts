/** What a message of an outbox may need before its call to Meta: files that Meta still has, a row in D1. */
import { errorMembers, log } from "../../lib/log.ts";
import { SECOND_MS } from "../../lib/time.ts";
import { NOT_CLAIMED } from "../../message/fallback.ts";
import type { OutgoingMessage } from "../../message/outgoing-message.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { QueuedMessage } from "../tables/outbox-table.ts";
import type { Calling } from "./calling.ts";
import { troubled } from "./reasons.ts";
import { hasExpiredFile, type SenderPorts } from "./send-rules.ts";

/** The wait after a failure on Paloma's side, such as D1: short, since it usually passes soon. */
const TROUBLE_PAUSE_MS = 5 * SECOND_MS;

/** Null once the sender stops: it then ignores the result of the work. */
type UnlessStopped = <Result>(work: () => Promise<Result>) => Promise<Result | null>;

export class Preparing {
  readonly #storage: ConversationStorage;
  readonly #ports: SenderPorts;
  readonly #calling: Calling;
  readonly #unlessStopped: UnlessStopped;

  constructor(
    storage: ConversationStorage,
    ports: SenderPorts,
    calling: Calling,
    unlessStopped: UnlessStopped,
  ) {
    this.#storage = storage;
    this.#ports = ports;
    this.#calling = calling;
    this.#unlessStopped = unlessStopped;
  }

  isNeeded(message: OutgoingMessage, now: number): boolean {
    return hasExpiredFile(message, now) || this.#lacksClaim(message);
  }

  /** Sends nothing. */
  async prepare(head: QueuedMessage, now: number): Promise<void> {
    if (hasExpiredFile(head.message, now)) await this.#renewFiles(head.message);
    else await this.#claim(head);
  }

  /** Postpones a message after a failure on Paloma's side; it keeps its slot. */
  postponeForTrouble(
    { message, slot_at }: QueuedMessage,
    trouble: unknown,
    code: typeof NOT_CLAIMED | "unavailable" = "unavailable",
  ): void {
    log("error", "send_postponed", { message_id: message.id, ...errorMembers(trouble) });
    const until = Date.now() + TROUBLE_PAUSE_MS;
    this.#storage.outbox.postpone(message.id, until, troubled(code), slot_at);
  }

  async #renewFiles(message: OutgoingMessage): Promise<void> {
    const renewal = await this.#unlessStopped(() => this.#ports.renewFiles(message));
    const { outbox } = this.#storage;
    // The message may have been canceled in between.
    if (renewal === null || !outbox.isWaiting(message.id)) return;
    switch (renewal.kind) {
      case "renewed":
        outbox.waiting.replace(renewal.message);
        break;
      case "postpone":
        outbox.postpone(message.id, renewal.dueAt, { state: "queued", error: renewal.error });
        break;
      case "fail": {
        const now = Date.now();
        const report = { state: "failed", error: renewal.error, at: now } as const;
        this.#calling.finish(message, report, null, now);
      }
    }
  }

  #lacksClaim({ id, fallback_of, shown }: OutgoingMessage): boolean {
    return fallback_of !== undefined && shown === undefined && !this.#calling.claimed.has(id);
  }

  /** A fallback that follows a status may follow it twice: its row in D1 is unique. */
  async #claim(head: QueuedMessage): Promise<void> {
    const { message } = head;
    try {
      if (await this.#ports.claimFallback(message)) this.#calling.claimed.add(message.id);
      else this.#storage.outbox.drop(message.id);
    } catch (error) {
      this.postponeForTrouble(head, error, NOT_CLAIMED);
    }
  }
}

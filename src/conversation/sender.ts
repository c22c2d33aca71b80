/**
 * Sends the messages of an outbox, one at a time and in order. Every message to this customer passes here,
 * whichever API it came by.
 */
import type { Slot } from "../business-number/object.ts";
import { ON_TIME_MS } from "../business-number/pace.ts";
import { inTime } from "../lib/deadline.ts";
import { errorMembers, log, withinRequest } from "../lib/log.ts";
import { SECOND_MS } from "../lib/time.ts";
import { fallbackAfter, NOT_CLAIMED } from "../message/fallback.ts";
import type { OutgoingMessage, SendReport } from "../message/outgoing-message.ts";
import { type AnsweredContact, withAnswered } from "./identity-rules.ts";
import type { QueuedMessage } from "./outbox-table.ts";
import { nextSendAt } from "./pair-rate.ts";
import { INTERRUPTED, Refusing, troubled } from "./refusing.ts";
import { reportToPace } from "./send-ports.ts";
import {
  afterCall,
  blockedReport,
  graphMessage,
  hasExpiredFile,
  nextStep,
  operatorPauseEndsAt,
  type SenderPorts,
} from "./send-rules.ts";
import { type ConversationState, withPairRateSpent, withSent } from "./state.ts";
import type { ConversationStorage } from "./storage.ts";

type Grant = Extract<Slot, { kind: "granted" }>;

/** The wait after a failure on Paloma's side, such as D1: short, since it usually passes soon. */
const TROUBLE_PAUSE_MS = 5 * SECOND_MS;

const IN_BOOKED_SLOT: Grant = { kind: "granted", probe: false };

/** A slot that is free comes within a call of the number's object; a longer wait is written down. */
const SLOT_SOON_MS = 100;

export class OutboxSender {
  readonly #storage: ConversationStorage;
  readonly #ports: SenderPorts;
  readonly #refusing: Refusing;
  /** Fallbacks whose rows are in D1. */
  readonly #claimed = new Set<string>();
  /** A slot in which the first message leaves without asking, if it has none; 0 = none is booked. */
  #bookedAt = 0;
  #running: Promise<void> | null = null;
  /** The number of callers that hold it stopped. */
  #stops = 0;
  /** Ends a wait for anything but Meta. */
  #giveUpWaiting: () => void = () => undefined;

  constructor(storage: ConversationStorage, ports: SenderPorts) {
    this.#storage = storage;
    this.#refusing = new Refusing(storage, (message, error, now) =>
      this.#finish(message, { state: "failed", error, at: now }, null, now),
    );
    this.#ports = ports;
  }

  /** Resolves when everything that could leave has left. */
  async run(): Promise<void> {
    // A run in progress may have read the outbox before this caller's message was there.
    await this.pauseWhile(() => this.#sendAll());
  }

  /** The same for a caller whose message is in the outbox: if anything fails, the alarm sends it. */
  async tryToRun(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      log("error", "send_postponed", errorMembers(error));
    }
  }

  /** Waits for the current call to end and starts no other until the work is done. */
  async pauseWhile(work: () => Promise<void>): Promise<void> {
    // Another caller reports its own errors.
    while (this.#running !== null) await this.#running.catch(() => undefined);
    this.#running = work();
    try {
      await this.#running;
    } catch (error) {
      // There is one call at a time: a message still in "calling" is the one that failed.
      this.giveUpInterrupted(Date.now());
      throw error;
    } finally {
      this.#running = null;
    }
  }

  get isStopped(): boolean {
    return this.#stops > 0;
  }

  /**
   * Stops sending: the current call to Meta may end, no other starts, and other waits end at once. The
   * returned function resumes.
   */
  stop(): () => void {
    this.#stops += 1;
    this.#giveUpWaiting();
    return () => {
      this.#stops -= 1;
    };
  }

  /**
   * Ends messages whose call was cut off by a restart or an error as `unconfirmed`: Meta may or may not
   * have them. Returns whether there were any.
   */
  giveUpInterrupted(now: number): boolean {
    const { outbox, state } = this.#storage;
    if (state === null) return false;
    const interrupted = outbox.interrupted();
    for (const message of interrupted) {
      this.#finish(message, { state: "unconfirmed", error: INTERRUPTED, at: now }, null, now);
    }
    return interrupted.length > 0;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /**
   * Sends a message that the object's row holds, if its slot comes at once; else the message waits like any
   * other. Only while nothing else is sent (`pauseWhile`).
   *
   * @param slot the answer of the number's object, which may be still to come
   * @param paceBefore the pair rate before the message was taken
   */
  async sendTaken(
    message: OutgoingMessage,
    slot: Promise<Slot>,
    paceBefore: number,
  ): Promise<void> {
    const storage = this.#storage;
    // An error is for the message that waits.
    const soon = await this.#unlessStopped(() =>
      inTime(
        slot.catch(() => null),
        SLOT_SOON_MS,
      ),
    );
    const now = Date.now();
    const { outbox, state } = storage;
    if (
      soon?.kind === "granted" &&
      state !== null &&
      outbox.isWaiting(message.id) &&
      !this.isStopped
    ) {
      const head = { message, due_at: message.ready_at, slot_at: null, attempts: 0 };
      outbox.call(message.id);
      await this.#callMeta(head, state, soon);
    } else {
      storage.transaction(() => {
        if (outbox.isWaiting(message.id)) outbox.letWait(message.id);
        if (storage.state !== null) storage.note({ ...storage.state, pair_rate_at: paceBefore });
      });
    }
    if (outbox.isBusy(now)) await this.#sendAll(soon?.kind === "granted" ? null : slot);
  }

  /** The first message has this slot and need not ask, if it leaves in time; a restart forgets it. */
  heedBooked(slotAt: number): void {
    this.#bookedAt = slotAt;
  }

  /** When the booked slot is; 0 = none. */
  get bookedAt(): number {
    return this.#bookedAt;
  }

  /** Asks the number's object for a slot. */
  askForSlot({ phone_number_id }: OutgoingMessage, slotAt: number | null): Promise<Slot> {
    const asked = (async () => this.#ports.numberOf(phone_number_id).takeSlot(slotAt))();
    // Whoever waits for it sees the error; nobody may.
    asked.catch(() => undefined);
    return asked;
  }

  /** @param asked a slot that the first message needs not ask for */
  async #sendAll(asked: Promise<Slot> | null = null): Promise<void> {
    this.#refusing.expired(Date.now());
    let grant: Grant | null = null;
    let given = asked;
    while (!this.isStopped) {
      const now = Date.now();
      const { outbox, state } = this.#storage;
      const head = outbox.waiting.head(now);
      if (head === null || state === null) return;
      const step = nextStep(head, state, now);
      switch (step.kind) {
        case "wait":
          if (step.reason === "pair_rate") this.#postpone(head, step.until, head.slot_at);
          this.#refusing.unwillingToWait(head, state, step.until, now);
          return;
        case "refuse":
          this.#refusing.refuse(
            head.message,
            step.reason,
            state,
            nextSendAt(state.pair_rate_at),
            now,
          );
          break;
        case "call":
          // Everything may have changed during a wait, so the loop reads the outbox again. It drops a slot
          // that it waited with: a message that leaves late would leave in another message's slot.
          if (hasExpiredFile(head.message, now)) {
            await this.#renewFiles(head.message);
            grant = null;
          } else if (this.#lacksClaim(head.message)) {
            await this.#claim(head);
            grant = null;
          } else if (grant === null) {
            const bookedAt = this.#bookedAt;
            if (bookedAt > now) return this.#postpone(head, bookedAt, bookedAt);
            this.#bookedAt = 0;
            const slot_at = head.slot_at ?? (bookedAt === 0 ? null : bookedAt);
            grant =
              now <= bookedAt + ON_TIME_MS
                ? IN_BOOKED_SLOT
                : await this.#takeSlot({ ...head, slot_at }, state, given);
            given = null;
          } else {
            await this.#send(head, state, grant, now);
            grant = null;
          }
      }
    }
  }

  /** Renews the files of a message; sends nothing. */
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
        this.#finish(message, { state: "failed", error: renewal.error, at: now }, null, now);
      }
    }
  }

  #lacksClaim({ id, fallback_of, shown }: OutgoingMessage): boolean {
    return fallback_of !== undefined && shown === undefined && !this.#claimed.has(id);
  }

  /** A fallback that follows a status may follow it twice: its row in D1 is unique. */
  async #claim(head: QueuedMessage): Promise<void> {
    const { message } = head;
    try {
      if (await this.#ports.claimFallback(message)) this.#claimed.add(message.id);
      else this.#storage.outbox.drop(message.id);
    } catch (error) {
      this.#postponeForTrouble(head, error, NOT_CLAIMED);
    }
  }

  /** Null if there is no slot now: then the message waits or was refused. */
  async #takeSlot(
    head: QueuedMessage,
    state: ConversationState,
    given: Promise<Slot> | null,
  ): Promise<Grant | null> {
    const { message, slot_at } = head;
    let slot: Slot | null;
    try {
      slot = await this.#unlessStopped(() => given ?? this.askForSlot(message, slot_at));
    } catch (error) {
      this.#postponeForTrouble(head, error);
      return null;
    }
    if (slot === null) return null;
    const now = Date.now();
    switch (slot.kind) {
      case "granted":
        return slot;
      case "blocked":
        this.#storage.outbox.postpone(
          message.id,
          operatorPauseEndsAt(now, Math.random()),
          blockedReport(slot.error),
          slot_at,
        );
        return null;
      case "later":
        if (message.wait) this.#postpone(head, slot.at, slot.slot_at ?? slot.at);
        else this.#refusing.refuse(message, "number_rate", state, slot.at, now);
        return null;
    }
  }

  /** Null once the sender stops: it then ignores the result of the work. */
  #unlessStopped<Result>(work: () => Promise<Result>): Promise<Result | null> {
    const { promise, resolve } = Promise.withResolvers<null>();
    this.#giveUpWaiting = () => resolve(null);
    return Promise.race([promise, work()]);
  }

  /** Postpones a message and keeps the reason in its report. */
  #postpone({ message }: QueuedMessage, until: number, slotAt: number | null): void {
    const { outbox } = this.#storage;
    const known = outbox.progress(message.id)?.report;
    const report: SendReport = known?.state === "queued" ? known : { state: "queued", error: null };
    outbox.postpone(message.id, until, report, slotAt);
  }

  /** Postpones a message after a failure on Paloma's side; it keeps its slot. */
  #postponeForTrouble(
    { message, slot_at }: QueuedMessage,
    trouble: unknown,
    code: typeof NOT_CLAIMED | "unavailable" = "unavailable",
  ): void {
    log("error", "send_postponed", { message_id: message.id, ...errorMembers(trouble) });
    const until = Date.now() + TROUBLE_PAUSE_MS;
    this.#storage.outbox.postpone(message.id, until, troubled(code), slot_at);
  }

  async #send(
    head: QueuedMessage,
    state: ConversationState,
    grant: Grant,
    now: number,
  ): Promise<void> {
    const storage = this.#storage;
    storage.transaction(() => {
      storage.outbox.call(head.message.id);
      storage.note(withPairRateSpent(state, now));
    });
    await this.#callMeta(head, state, grant);
  }

  /** Calls Meta for a message that is marked as called, and stores the outcome. */
  async #callMeta(head: QueuedMessage, state: ConversationState, grant: Grant): Promise<void> {
    const { message } = head;
    const storage = this.#storage;
    const answer = await withinRequest(message.request_id, () =>
      this.#ports.callMeta(message.phone_number_id, graphMessage(message, state)),
    );
    const answeredAt = Date.now();
    const after = afterCall(answer, head, answeredAt, Math.random());
    switch (after.kind) {
      case "finish":
        this.#finish(message, after.report, answer.ok ? answer.value : null, answeredAt);
        break;
      case "postpone":
        storage.transaction(() => {
          storage.outbox.postpone(message.id, after.dueAt, after.report);
        });
        break;
      case "defer":
        storage.transaction(() => {
          storage.outbox.defer(message.id, after.dueAt, after.report);
        });
        break;
    }
    await reportToPace(this.#ports.numberOf(message.phone_number_id), answer, grant);
  }

  #finish(
    message: OutgoingMessage,
    report: SendReport,
    answered: AnsweredContact | null,
    now: number,
  ): void {
    const storage = this.#storage;
    storage.transaction(() => {
      storage.outbox.finish(message.id, report);
      const fallback = fallbackAfter(message, report, now);
      if (fallback !== null) storage.outbox.take(fallback, now);
      const left = report.state === "accepted" || report.state === "unconfirmed";
      if (left && storage.state !== null) {
        const known = withAnswered(storage.state, message, answered, report.at);
        storage.save(withSent(known, { at: report.at, message }), now);
      }
    });
    this.#claimed.delete(message.id);
  }
}

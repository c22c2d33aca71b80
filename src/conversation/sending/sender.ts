/**
 * Sends the messages of an outbox, one at a time and in order. Every message to this customer passes here,
 * whichever API it came by.
 */
import type { Slot } from "../../business-number/object.ts";
import { ON_TIME_MS } from "../../business-number/pace.ts";
import { inTime } from "../../lib/deadline.ts";
import { errorMembers, log } from "../../lib/log.ts";
import type { OutgoingMessage, SendReport } from "../../message/outgoing-message.ts";
import { nextSendAt } from "../state/pair-rate.ts";
import type { ConversationState } from "../state/state.ts";
import type { RecentSend } from "../storage/recent-sends.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { QueuedMessage } from "../tables/outbox-table.ts";
import { Calling, type Grant } from "./calling.ts";
import { Preparing } from "./preparing.ts";
import { INTERRUPTED } from "./reasons.ts";
import { Refusing } from "./refusing.ts";
import { blockedReport, nextStep, operatorPauseEndsAt, type SenderPorts } from "./send-rules.ts";

const IN_BOOKED_SLOT: Grant = { kind: "granted", probe: false };

/** A slot that is free comes within a call of the number's object; a longer wait is written down. */
const SLOT_SOON_MS = 100;

export class OutboxSender {
  readonly #storage: ConversationStorage;
  readonly #ports: SenderPorts;
  readonly #calling: Calling;
  readonly #preparing: Preparing;
  readonly #refusing: Refusing;
  /** A slot in which the first message leaves without asking, if it has none; 0 = none is booked. */
  #bookedAt = 0;
  #running: Promise<void> | null = null;
  /** The number of callers that hold it stopped. */
  #stops = 0;
  /** Ends a wait for anything but Meta. */
  #giveUpWaiting: () => void = () => undefined;

  constructor(storage: ConversationStorage, ports: SenderPorts) {
    this.#storage = storage;
    this.#calling = new Calling(storage, ports);
    this.#preparing = new Preparing(storage, ports, this.#calling, (work) =>
      this.#unlessStopped(work),
    );
    this.#refusing = new Refusing(storage, (message, error, now) =>
      this.#calling.finish(message, { state: "failed", error, at: now }, null, now),
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
      this.#calling.finish(
        message,
        { state: "unconfirmed", error: INTERRUPTED, at: now },
        null,
        now,
      );
    }
    return interrupted.length > 0;
  }

  /** The key of an interrupted message turned out to be its own: it may have been sent. */
  noteClaimed({ message, report, message_id }: RecentSend, now: number): void {
    this.#storage.outbox.keys.claimed(message_id);
    if (message !== null) this.#calling.noteLeft(message, report, null, now);
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
      await this.#calling.callMeta(head, state, soon);
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
    // Who waits for it sees the error; perhaps nobody does.
    asked.catch(() => undefined);
    return asked;
  }

  /**
   * Asks for the slot of a message that may leave only later; the returned function asks again if the slot has
   * passed by then. Messages that a slow D1 held up would otherwise leave all at once.
   */
  askAhead(message: OutgoingMessage): () => Promise<Slot> {
    let usableUntil = Infinity;
    const ask = async (): Promise<Slot> => {
      const answer = await this.askForSlot(message, null);
      if (answer.kind === "granted") usableUntil = Date.now() + ON_TIME_MS;
      return answer;
    };
    const slot = ask();
    // Who waits for it sees the error; perhaps nobody does.
    slot.catch(() => undefined);
    return () => (Date.now() > usableUntil ? this.askForSlot(message, null) : slot);
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
          if (this.#preparing.isNeeded(head.message, now)) {
            await this.#preparing.prepare(head, now);
            grant = null;
          } else if (this.#bookedAt > now) this.#postpone(head, this.#bookedAt, this.#bookedAt);
          else if (grant === null) {
            grant =
              this.#bookedGrant(now) ?? (await this.#takeSlot(this.#inLine(head), state, given));
            given = null;
          } else {
            this.#bookedAt = 0;
            await this.#calling.send(head, state, grant, now);
            grant = null;
          }
      }
    }
  }

  #bookedGrant(now: number): Grant | null {
    return now <= this.#bookedAt + ON_TIME_MS ? IN_BOOKED_SLOT : null;
  }

  /** A message that is late for its booked slot asks with it. */
  #inLine(head: QueuedMessage): QueuedMessage {
    const slot_at = head.slot_at ?? (this.#bookedAt === 0 ? null : this.#bookedAt);
    this.#bookedAt = 0;
    return { ...head, slot_at };
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
      this.#preparing.postponeForTrouble(head, error);
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
}

/**
 * Brings what the object holds into D1 and the queues. The object is the only writer of its conversation's
 * rows, so it knows what D1 has.
 */
import { withDeadline } from "../../lib/deadline.ts";
import { errorMembers, log, withinRequest } from "../../lib/log.ts";
import { SECOND_MS } from "../../lib/time.ts";
import type { SendProgress, SendToShow } from "../../message/outgoing-message.ts";
import { ANSWER_PATIENCE_MS, createDatabase } from "../../store/d1.ts";
import { keepDeadLetters } from "../../store/dead-letters.ts";
import type { MessageRow } from "../../store/messages.ts";
import { restOf } from "../../store/project-conversations.ts";
import type { ConversationProjection, HeldMessage } from "../../store/projection.ts";
import { isolateRefused } from "../../store/rows.ts";
import type { Brought, Sent } from "../rpc.ts";
import { withFailed } from "../state/activity.ts";
import { conversationProjection } from "../state/projection.ts";
import { type ConversationState, hasAbsorbed, type TakenMessage } from "../state/state.ts";
import { waitingWithout } from "../state/unanswered.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import { changeOf, deadLetterOf, type Lacking } from "./lacking.ts";
import { type Change, type LentWriter, writeChanges } from "./writer.ts";

/** Sends wait behind an alarm whose D1 call hangs: the alarm gives that call up after this time. */
export const ALARM_PATIENCE_MS = 5 * SECOND_MS;

/** The alarm's first try after a caller could not wait for D1: lists must be right soon. */
const FIRST_RETRY_MS = SECOND_MS;

function withoutContent({ message: _message, ...progress }: SendToShow): SendProgress {
  return progress;
}

/** More sends of one customer than wait for an answer at once. */
const SHOWN_MAX = 200;

/** How long one round trip may take, in milliseconds, at the moment it starts. */
type Patience = () => number;

/** The writer that a caller lends, who hears of the slot that it books, and the request that it is for. */
export type Caller = {
  writer?: LentWriter | null;
  heedSlot?: (slotAt: number) => void;
  request_id?: string | undefined;
};

export class Projector {
  readonly #storage: ConversationStorage;
  readonly #env: Env;
  readonly #ownId: string;
  /** The version that D1 has; null after waking, when the object does not know. */
  #settledVersion: number | null = null;
  /** What D1 has of the conversation besides CHANGING; null after waking. */
  #settledRest: string | null = null;
  /** What is being brought: one at a time, so that what comes during it goes together. */
  #flight: Promise<unknown> | null = null;
  /** The rows of sends that D1 returned, for the callers that wait for them. */
  readonly #shown = new Map<string, MessageRow>();

  constructor(storage: ConversationStorage, env: Env, ownId: string) {
    this.#storage = storage;
    this.#env = env;
    this.#ownId = ownId;
  }

  view(state: ConversationState): ConversationProjection {
    return conversationProjection(this.#ownId, state);
  }

  /** The conversation as it stands now, for a caller; null if there is none. */
  answer(in_d1: boolean): Brought | null {
    const { state } = this.#storage;
    return state === null ? null : { conversation: this.view(state), in_d1, events: [] };
  }

  /** The progress of a send; null if the object does not know it. */
  sent(messageId: string, in_d1: boolean): Sent | null {
    const { outbox } = this.#storage;
    const brought = this.answer(in_d1);
    const progress = brought === null ? null : outbox.progress(messageId);
    if (brought === null || progress === null) return null;
    const fallback = outbox.fallbackProgress(messageId);
    return {
      ...brought,
      progress: withoutContent(progress),
      fallback: fallback === null ? null : withoutContent(fallback),
    };
  }

  /** The row of a send as D1 returned it, once; null where nobody asked since. */
  shownOnce(messageId: string): MessageRow | null {
    const row = this.#shown.get(messageId) ?? null;
    this.#shown.delete(messageId);
    return row;
  }

  /** Whether the object knows that D1 has the current state. */
  isSettled(): boolean {
    const { state } = this.#storage;
    return state === null || state.version === this.#settledVersion;
  }

  /**
   * Brings what D1 lacks while a caller waits, but not longer than the caller can. False where D1 did not
   * take it in time: then the alarm is set to bring it.
   */
  async bring(caller: Caller = {}): Promise<boolean> {
    const startedAt = performance.now();
    const left: Patience = () => Math.max(0, ANSWER_PATIENCE_MS - (performance.now() - startedAt));
    try {
      while (this.#flight !== null) await withDeadline(this.#flight, left());
      if (this.#lacksSomething()) await this.pauseWhile(() => this.#bringAll(left, caller));
      return true;
    } catch (error) {
      log("error", "projection_left_to_alarm", errorMembers(error));
      this.#leaveToAlarm();
      return false;
    }
  }

  /** From here on the messages are safe without Meta's redelivery. */
  #leaveToAlarm(): void {
    const { inbox, outbox } = this.#storage;
    this.#storage.transaction(() => {
      inbox.keepHeld();
      outbox.keepUnrecorded();
      this.#storage.clock.atLatest(Date.now() + FIRST_RETRY_MS);
    });
    inbox.releaseHeld();
  }

  /** Brings what is committed while the work runs, then what the work changed. Throws what it throws. */
  async bringDuring<Result>(
    work: Promise<Result>,
    caller: Caller = {},
  ): Promise<{ result: Result; in_d1: boolean }> {
    const [result, isBrought] = await Promise.all([work, this.bring(caller)]);
    return { result, in_d1: isBrought && (await this.bring(caller)) };
  }

  /** Repeats until nothing is left; throws what D1 or the event queue throws. */
  async sync(): Promise<void> {
    await this.pauseWhile(() => this.#bringAll(() => ALARM_PATIENCE_MS, {}));
  }

  /** Waits until nothing is being brought, and brings nothing until the work is done. */
  async pauseWhile<Result>(work: () => Promise<Result>): Promise<Result> {
    // Another caller reports its own errors.
    while (this.#flight !== null) await this.#flight.catch(() => undefined);
    const flight = work();
    this.#flight = flight;
    try {
      return await flight;
    } finally {
      this.#flight = null;
    }
  }

  /** The callers of sends take their rows at once; what is left is nobody's. */
  #show(row: MessageRow): void {
    if (this.#shown.size >= SHOWN_MAX) this.#shown.clear();
    this.#shown.set(row.id, row);
  }

  #lacksSomething(): boolean {
    const { inbox, outbox, state } = this.#storage;
    if (state === null) return false;
    return (
      !this.isSettled() ||
      this.#storage.hasEventsToQueue() ||
      inbox.hasUnsettled() ||
      outbox.hasUnrecorded()
    );
  }

  async #bringAll(patience: Patience, caller: Caller): Promise<void> {
    const { inbox, outbox } = this.#storage;
    let { writer = null } = caller;
    for (;;) {
      this.#storage.recallEvents();
      const { state } = this.#storage;
      if (state === null) return;
      const messages = inbox.unsettled();
      const sends = outbox.unrecorded();
      const left = messages.length + sends.length + state.events.length;
      if (left === 0 && this.isSettled()) return;
      const conversation = this.view(state);
      const held: HeldMessage[] = [];
      const failed: string[] = [];
      const lacking: Lacking[] = [
        ...messages.map((message) => ({ message })),
        ...sends.map((send) => ({ send })),
      ];
      const refused = await isolateRefused(lacking, async (some) => {
        const whole = changeOf(state, conversation, some);
        const change = { ...whole, ...this.#inD1(whole) };
        const written = writer === null ? null : await writer.write(change);
        // Others wait for the lent writer: which message is refused, the object finds out by itself.
        if (written?.kind !== "written") writer = null;
        else if (typeof written.slot_at === "number") caller.heedSlot?.(written.slot_at);
        const inD1 =
          written?.kind === "written"
            ? written
            : await withinRequest(caller.request_id, () =>
                withDeadline(writeChanges(this.#env, [change]), patience()),
              );
        held.push(...inD1.held);
        for (const row of inD1.shown) {
          this.#show(row);
          if (row.meta_status === "failed") failed.push(row.id);
        }
      });
      if (refused.length > 0) {
        const letters = refused.map((each) => deadLetterOf(this.#ownId, each));
        const database = createDatabase(this.#env);
        await withDeadline(keepDeadLetters(database, letters, Date.now()), patience());
      }
      this.#settledRest = restOf(conversation);
      const settle = (): void => {
        this.#settle(state, messages, sends);
        this.#heedHolders(held, messages);
        this.#heedFailed(failed);
      };
      if (held.length + failed.length === 0 && inbox.settlesInMemory(messages)) settle();
      else this.#storage.transaction(settle);
      // Without an alarm nobody else forgets the events, and waking would queue them again.
      if (state.events.length > 0 && !this.#storage.clock.isSet) this.#storage.writeSettled();
    }
  }

  /** Notes what is in D1 and in the queues now. */
  #settle(
    { version, events }: ConversationState,
    messages: readonly TakenMessage[],
    sends: readonly SendProgress[],
  ): void {
    this.#settledVersion = Math.max(this.#settledVersion ?? 0, version);
    this.#storage.inbox.settle(messages);
    this.#storage.outbox.record(sends);
    this.#storage.settleEvents(events.map(({ sequence }) => sequence));
  }

  /**
   * A message that D1 already held keeps the id of its row, and counts as unread and unanswered only in
   * the row's conversation. A row of a conversation that was merged into this one will soon be this one's.
   */
  #heedHolders(held: readonly HeldMessage[], messages: readonly TakenMessage[]): void {
    const { inbox, state } = this.#storage;
    if (state === null || held.length === 0) return;
    const others = held
      .filter(({ holder_id }) => holder_id !== this.#ownId && !hasAbsorbed(state, holder_id))
      .map(({ told_id }) => told_id);
    inbox.leaveToOther(others);
    inbox.rename(held.map(({ message_id }) => message_id));
    const { count } = inbox.unread(state.read_up_to);
    if (count !== state.unread_count) {
      const theirs = messages.filter(({ id }) => others.includes(id)).map(({ at }) => at);
      const rest = { ...state, ...waitingWithout(state, theirs) };
      this.#storage.save({ ...rest, unread_count: count }, Date.now());
    }
  }

  /** Meta may have failed a message before D1 had its row. */
  #heedFailed(ids: readonly string[]): void {
    const { state } = this.#storage;
    const after = state === null ? null : ids.reduce(withFailed, state);
    if (after !== null && after !== state) this.#storage.save(after, Date.now());
  }

  /** A message of Meta's needs the version of its conversation, which an erasure names. */
  #inD1({ conversation, messages }: Change): Pick<Change, "in_d1"> {
    if (restOf(conversation) !== this.#settledRest) return {};
    const isAll = conversation.version === this.#settledVersion && messages.length === 0;
    return { in_d1: isAll ? "all" : "rest" };
  }
}

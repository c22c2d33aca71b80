/**
 * Writes to D1 what the object holds and queues its events, in the alarm: the same projection as the
 * Worker's, for what the Worker left undone.
 */
import { queueArchive } from "../media/archive.ts";
import type { SendProgress } from "../message/outgoing-message.ts";
import { createDatabase } from "../store/d1.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import {
  type ConversationProjection,
  type HeldMessage,
  type MessageProjection,
  project,
} from "../store/projection.ts";
import { isolateRefused } from "../store/rows.ts";
import { eventOfStatus, type SubscriberEvent } from "../subscribers/event.ts";
import { queueEvents } from "../subscribers/queue.ts";
import { eventOfChange, eventOfProgress, eventsOfMessage } from "./events.ts";
import { conversationProjection, messageProjection, sendProjection } from "./projection.ts";
import type { Changed, Sent, Settlement } from "./rpc.ts";
import { type ConversationState, hasAbsorbed, type TakenMessage } from "./state.ts";
import type { ConversationStorage } from "./storage.ts";

/**
 * Queues events and files after a projection. Worker and alarm call it before the object forgets its part,
 * so that nothing stays unqueued. If D1 already held a message, its event names the id there, and its file
 * was queued before.
 */
export async function queueFollowUps(
  env: Env,
  messages: readonly Pick<MessageProjection, "id" | "media">[],
  events: readonly SubscriberEvent[],
  held: readonly HeldMessage[],
): Promise<void> {
  const heldAs = new Map(held.map(({ told_id, message_id }) => [told_id, message_id]));
  await Promise.all([
    queueArchive(
      env,
      messages.flatMap(({ id, media }) => (media === null || heldAs.has(id) ? [] : [media.id])),
    ),
    queueEvents(
      env,
      events.map((event) => {
        if (!("message_id" in event)) return event;
        return { ...event, message_id: heldAs.get(event.message_id) ?? event.message_id };
      }),
    ),
  ]);
}

/** A message that D1 refuses is for the operator to see; the others must not wait for it. */
function deadLetterOf(conversation_id: string, message: TakenMessage) {
  const payload = JSON.stringify({ conversation_id, message });
  return { source: "message", reason: "D1 refused its content", payload };
}

export class Projector {
  readonly #storage: ConversationStorage;
  readonly #env: Env;
  readonly #ownId: string;
  /** The version that D1 has; null after waking, when the object does not know. */
  #settledVersion: number | null = null;

  constructor(storage: ConversationStorage, env: Env, ownId: string) {
    this.#storage = storage;
    this.#env = env;
    this.#ownId = ownId;
  }

  view(state: ConversationState): ConversationProjection {
    return conversationProjection(this.#ownId, state);
  }

  /** The events that are not in the queue yet. */
  events(state: ConversationState): SubscriberEvent[] {
    return state.events.map((event) => eventOfChange(this.#ownId, event));
  }

  /** The conversation as it stands now, with the events that are not in the queue yet. */
  changed(state: ConversationState): Changed {
    return { conversation: this.view(state), events: this.events(state) };
  }

  /** The progress of a send; null if the object does not know it. */
  sent(messageId: string): Sent | null {
    const { outbox, state } = this.#storage;
    const progress = outbox.progress(messageId);
    if (progress === null || state === null) return null;
    const fallback = outbox.fallbackProgress(messageId);
    return { ...this.changed(state), progress, fallback };
  }

  /** Notes what is in D1 and in the event queue now; the next alarm stores it. */
  settle({ version, wamids, sends, events }: Settlement): void {
    this.#settledVersion = Math.max(this.#settledVersion ?? 0, version);
    this.#storage.inbox.settle(wamids);
    this.#storage.outbox.record(sends);
    this.#storage.settleEvents(events);
  }

  /** Whether the object knows that D1 has the current state. */
  isSettled(): boolean {
    const { state } = this.#storage;
    return state === null || state.version === this.#settledVersion;
  }

  /** Repeats until nothing is left; throws what D1 or the event queue throws. */
  async sync(): Promise<void> {
    const { inbox, outbox } = this.#storage;
    for (;;) {
      this.#storage.recallEvents();
      const { state } = this.#storage;
      if (state === null) return;
      const messages = inbox.unsettled();
      const sends = outbox.unrecorded();
      const left = messages.length + sends.length + state.events.length;
      if (left === 0 && this.isSettled()) return;
      const held: HeldMessage[] = [];
      const refused = await isolateRefused(messages, async (some) => {
        held.push(...(await this.#bring(state, some, sends)));
      });
      const letters = refused.map((message) => deadLetterOf(this.#ownId, message));
      await keepDeadLetters(createDatabase(this.#env.DB), letters, Date.now());
      this.#storage.transaction(() => {
        this.settle({
          version: state.version,
          wamids: messages.map(({ wamid }) => wamid),
          sends,
          events: state.events.map(({ sequence }) => sequence),
        });
        this.#heedHolders(held);
      });
    }
  }

  /**
   * A message that D1 already held keeps the id of its row and counts as unread only in the row's
   * conversation. A row of a conversation that was merged into this one will soon be this one's.
   */
  #heedHolders(held: readonly HeldMessage[]): void {
    const { inbox, state } = this.#storage;
    if (state === null || held.length === 0) return;
    const others = held.filter(
      ({ holder_id }) => holder_id !== this.#ownId && !hasAbsorbed(state, holder_id),
    );
    inbox.leaveToOther(others.map(({ wamid }) => wamid));
    inbox.rename(held, state.read_up_to);
    const { count } = inbox.unread();
    if (count !== state.unread_count) {
      this.#storage.save({ ...state, unread_count: count }, Date.now());
    }
  }

  /** D1 first: the delivery of an event reads its content from there. */
  async #bring(
    state: ConversationState,
    messages: readonly TakenMessage[],
    sends: readonly SendProgress[],
  ): Promise<HeldMessage[]> {
    const projected = messages.map((message) => messageProjection(this.#ownId, message));
    const { statuses, held } = await project(createDatabase(this.#env.DB), {
      conversations: [this.view(state)],
      messages: projected,
      sends: sends.map((progress) => sendProjection(this.#ownId, progress)),
    });
    const events = [
      ...this.events(state),
      ...messages.flatMap((message) => eventsOfMessage(this.#ownId, message)),
      ...sends.map((progress) => eventOfProgress(progress, state.updated_at)),
      ...statuses.map(eventOfStatus),
    ];
    await queueFollowUps(this.#env, projected, events, held);
    return held;
  }
}

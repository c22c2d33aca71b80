/**
 * Writes what objects bring: to D1 first, then into the queues. A webhook body of many customers must stay
 * one D1 batch, so the Worker lends its objects a writer that gathers what they bring.
 */
import { RpcTarget } from "cloudflare:workers";
import { withDeadline } from "../../lib/deadline.ts";
import { requestIdMember, withinRequest } from "../../lib/log.ts";
import { queueArchive } from "../../media/archive.ts";
import { ANSWER_PATIENCE_MS, createDatabase } from "../../store/d1.ts";
import type { MessageRow } from "../../store/messages.ts";
import type { SendProjection } from "../../store/project-sends.ts";
import {
  type ConversationProjection,
  type HeldMessage,
  type MessageProjection,
  project,
} from "../../store/projection.ts";
import { isolateRefused } from "../../store/rows.ts";
import { eventOfStatus, type SubscriberEvent } from "../../subscribers/event.ts";
import { queueEvents } from "../../subscribers/queue.ts";

/** What D1 and the queues lack of one conversation. */
export type Change = {
  conversation: ConversationProjection;
  /** What D1 has of the conversation: all of it, or all but CHANGING. Absent = the object does not know. */
  in_d1?: "all" | "rest";
  messages: readonly MessageProjection[];
  sends: readonly SendProjection[];
  events: readonly SubscriberEvent[];
};

export type Written =
  /** `slot_at`: booked for the message of the conversation that leaves first, if it is in time. */
  | ({ kind: "written"; slot_at?: number | null } & InD1)
  /** D1 refuses the content of a message: the object finds out which. */
  | { kind: "refused" };

/** Books a slot for the first message of each of these conversations; few have none. */
type BookSlots = (conversationIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;

const NO_SLOTS: BookSlots = async () => new Map();

/** What D1 has after a write. */
type InD1 = {
  held: readonly HeldMessage[];
  /** The rows of sends. */
  shown: readonly MessageRow[];
};

/** Resolves once D1 and the queues have all changes; throws what they throw. */
export async function writeChanges(env: Env, changes: readonly Change[]): Promise<InD1> {
  const messages = changes.flatMap((change) => change.messages);
  // D1 first: the delivery of an event reads its content from there.
  const conversationsWith = (had: Change["in_d1"]) =>
    changes.flatMap(({ in_d1, conversation }) => (in_d1 === had ? [conversation] : []));
  const { statuses, held, shown } = await project(createDatabase(env), {
    conversations: conversationsWith(undefined),
    advanced: conversationsWith("rest"),
    messages,
    sends: changes.flatMap(({ sends }) => sends),
  });
  const events = changes.flatMap((change) => change.events);
  await queueFollowUps(env, messages, [...events, ...statuses.map(eventOfStatus)], held);
  return { held, shown };
}

/**
 * Queues events and files after a projection. If D1 already held a message, its event names the id there,
 * and its file was queued before.
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

/** A slow object holds up the others for no longer: most calls take a few milliseconds. */
const GATHER_MS = 400;

/** The writer as one object has it: an RPC stub of it crosses the isolates. */
export class LentWriter extends RpcTarget {
  readonly #gather: (change: Change) => Promise<Written>;

  constructor(gather: (change: Change) => Promise<Written>) {
    super();
    this.#gather = gather;
  }

  /** Resolves once D1 and the queues have the change; throws if they do not take it in time. */
  write(change: Change): Promise<Written> {
    return this.#gather(change);
  }
}

type Gathered = {
  change: Change;
  settle: (written: Written) => void;
  fail: (error: unknown) => void;
};

/**
 * Gathers the changes of objects that are called at the same time. It writes them together once every
 * call has brought something or has ended, and at the latest after GATHER_MS.
 */
export class GatheringWriter {
  readonly #env: Env;
  readonly #bookSlots: BookSlots;
  readonly #request = requestIdMember();
  readonly #calls = new Set<LentWriter>();
  readonly #waiting = new Set<LentWriter>();
  #gathered: Gathered[] = [];
  /** When the first of them came. */
  #gatheredSince = 0;
  readonly #shown: MessageRow[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param bookSlots asked once D1 has the messages to send, which leave from then on */
  constructor(env: Env, bookSlots: BookSlots = NO_SLOTS) {
    this.#env = env;
    this.#bookSlots = bookSlots;
  }

  /** The rows of the sends that were written. */
  get shown(): readonly MessageRow[] {
    return this.#shown;
  }

  /** Lends a writer to calls that follow each other. Calls that run together must begin together. */
  async lendTo<Result>(calls: (writer: LentWriter) => Promise<Result>): Promise<Result> {
    const writer = new LentWriter((change) => this.#gather(writer, change));
    this.#calls.add(writer);
    try {
      return await calls(writer);
    } finally {
      // Whether it failed or had nothing to bring: nobody waits for it any more.
      this.#calls.delete(writer);
      this.#waiting.delete(writer);
      this.#writeIfAllWait();
    }
  }

  #gather(writer: LentWriter, change: Change): Promise<Written> {
    const { promise, resolve, reject } = Promise.withResolvers<Written>();
    if (this.#gathered.length === 0) this.#gatheredSince = performance.now();
    this.#gathered.push({ change, settle: resolve, fail: reject });
    if (this.#calls.has(writer)) this.#waiting.add(writer);
    this.#timer ??= setTimeout(() => void this.#write(), GATHER_MS);
    this.#writeIfAllWait();
    return promise;
  }

  #writeIfAllWait(): void {
    if (this.#gathered.length > 0 && this.#waiting.size === this.#calls.size) void this.#write();
  }

  async #write(): Promise<void> {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    const gathered = this.#gathered;
    // For all objects at once: a timer in each would cost more.
    const left = ANSWER_PATIENCE_MS - (performance.now() - this.#gatheredSince);
    this.#gathered = [];
    this.#waiting.clear();
    try {
      const held: HeldMessage[] = [];
      const shown: MessageRow[] = [];
      const refused = await withinRequest(this.#request.request_id, () =>
        isolateRefused(gathered, async (some) => {
          const changes = some.map(({ change }) => change);
          const inD1 = await withDeadline(writeChanges(this.#env, changes), left);
          held.push(...inD1.held);
          shown.push(...inD1.shown);
          this.#shown.push(...inD1.shown);
        }),
      );
      const slots = await this.#bookSlots(gathered.map(({ change }) => change.conversation.id));
      for (const each of gathered) {
        const ids = new Set([...each.change.messages, ...each.change.sends].map(({ id }) => id));
        each.settle(
          refused.includes(each)
            ? { kind: "refused" }
            : {
                kind: "written",
                held: held.filter(({ told_id }) => ids.has(told_id)),
                shown: shown.filter(({ id }) => ids.has(id)),
                slot_at: slots.get(each.change.conversation.id) ?? null,
              },
        );
      }
    } catch (error) {
      for (const { fail } of gathered) fail(error);
    }
  }
}

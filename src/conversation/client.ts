/**
 * The Worker's side of the conversation objects: the Worker calls an object, which commits, then writes
 * the returned projection to D1, queues the events and confirms both to the object by `settle`.
 * If a step after the commit fails, the object's alarm repeats it.
 */
import { waitUntil } from "cloudflare:workers";
import type { Config } from "../config/config.ts";
import { createGraphClient } from "../graph/client.ts";
import { conversationName } from "../lib/address.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { SendProgress } from "../message/outgoing-message.ts";
import { putContact } from "../store/contacts.ts";
import {
  type ConversationRow,
  conversationsOf,
  patchConversation,
} from "../store/conversations.ts";
import { createDatabase, type Database } from "../store/d1.ts";
import { type MessageRow, newestInbound } from "../store/messages.ts";
import { project } from "../store/projection.ts";
import { eventOfStatus } from "../subscribers/event.ts";
import { queueEvents } from "../subscribers/queue.ts";
import { eventOfProgress, sequencesOf } from "./events.ts";
import { messageProjection, sendProjection } from "./projection.ts";
import type { Changed, Received, ConversationRpc } from "./rpc.ts";
import type { ConversationStatus } from "./state.ts";
import { queueFollowUps } from "./sync.ts";

type ConversationStub = DurableObjectStub<ConversationRpc>;

/**
 * Calls an object, once more if the platform says that the error is retryable. A failed stub stays
 * broken, so the repeat takes a new one. Every method may be repeated: each recognises what it took.
 */
export async function callConversation<Result>(
  namespace: DurableObjectNamespace<ConversationRpc>,
  id: DurableObjectId,
  call: (stub: ConversationStub) => Promise<Result>,
): Promise<Result> {
  try {
    return await call(namespace.get(id));
  } catch (error) {
    if (!mayRepeat(error)) throw error;
    return call(namespace.get(id));
  }
}

/** The most that one call carries, as JSON: far below the 32 MiB of an RPC argument. */
const CALL_MAX_CHARACTERS = 4_000_000;

/** So few messages fit into one call even at their largest: no need to measure them. */
const SURELY_FIT_MESSAGES = 10;

/** Splits messages, in order, into as few calls as their size allows. */
export function inCalls<Message>(messages: readonly Message[]): (readonly Message[])[] {
  if (messages.length <= SURELY_FIT_MESSAGES) return [messages];
  const calls: Message[][] = [];
  let characters = Infinity;
  for (const message of messages) {
    const size = JSON.stringify(message).length;
    if (characters + size > CALL_MAX_CHARACTERS) {
      calls.push([]);
      characters = 0;
    }
    calls.at(-1)?.push(message);
    characters += size;
  }
  return calls;
}

/** The Worker must not call an overloaded object again at once. */
function mayRepeat(error: unknown): boolean {
  return (
    error instanceof Error &&
    "retryable" in error &&
    error.retryable === true &&
    !("overloaded" in error && error.overloaded === true)
  );
}

/** Messages for the object with this name. */
type Delivery = { name: string; messages: InboundMessage[] };

/**
 * Lists of deliveries: lists may run in parallel, the deliveries of one list must run in order, since
 * they may be from one person. One person may write under a phone and under a BSUID, whose objects
 * lead to one conversation. Pure.
 */
export function inBodyOrder(messages: readonly InboundMessage[]): Delivery[][] {
  const sameAs = new Map<string, string>();
  const firstNameOf = (name: string): string => {
    const next = sameAs.get(name);
    return next === undefined ? name : firstNameOf(next);
  };
  const strangers = numbersWithStrangers(messages);
  for (const message of messages) {
    const first = firstNameOf(nameOf(message));
    for (const name of otherNamesOf(message, strangers)) {
      const other = firstNameOf(name);
      if (other !== first) sameAs.set(other, first);
    }
  }
  const byPerson = Map.groupBy(messages, (message) => firstNameOf(nameOf(message)));
  return [...byPerson.values()].map(inTurns);
}

function inTurns(messages: readonly InboundMessage[]): Delivery[] {
  const deliveries: Delivery[] = [];
  for (const message of messages) {
    const name = nameOf(message);
    const last = deliveries.at(-1);
    if (last?.name === name) last.messages.push(message);
    else deliveries.push({ name, messages: [message] });
  }
  return deliveries;
}

function nameOf({ phone_number_id, address }: InboundMessage): string {
  return conversationName(phone_number_id, address);
}

/** Other object names under which the same person may write; in a group all write under the group's. */
function otherNamesOf(message: InboundMessage, strangers: ReadonlySet<string>): string[] {
  const { phone_number_id, address, person, changed_to } = message;
  if (address.kind === "group") return [];
  return [
    ...(person.user_id === null ? [] : [{ kind: "user" as const, user_id: person.user_id }]),
    ...changed_to,
  ]
    .map((other) => conversationName(phone_number_id, other))
    .concat(strangers.has(phone_number_id) && isHalfKnown(message) ? [phone_number_id] : []);
}

/** Business numbers with a sender without BSUID and one without phone: the two may be one person. */
function numbersWithStrangers(messages: readonly InboundMessage[]): Set<string> {
  const halves = messages.filter(isHalfKnown);
  const numbersOf = (kind: "phone" | "user") =>
    new Set(
      halves
        .filter(({ address }) => address.kind === kind)
        .map(({ phone_number_id }) => phone_number_id),
    );
  return numbersOf("phone").intersection(numbersOf("user"));
}

function isHalfKnown({ address, person }: InboundMessage): boolean {
  return address.kind === "user" || (address.kind === "phone" && person.user_id === null);
}

/** What one conversation committed: its state, and the messages that D1 may lack. */
export type Reception = Pick<Received, "conversation" | "events"> & {
  messages: readonly InboundMessage[];
  /** Those that the object had not seen before. */
  fresh: readonly InboundMessage[];
};

/** Commits every message in its conversation's object; throws if an object can't be reached. */
export async function receiveMessages(
  env: Env,
  messages: readonly InboundMessage[],
): Promise<Reception[]> {
  const receptions = await Promise.all(
    inBodyOrder(messages).map(async (deliveries) => {
      const receptionsInTurn: Reception[] = [];
      for (const { name, messages: group } of deliveries) {
        const id = env.CONVERSATION.idFromName(name);
        for (const some of inCalls(group)) {
          const received = await callConversation(env.CONVERSATION, id, (stub) =>
            stub.receive(some),
          );
          receptionsInTurn.push(...received.map((each) => receptionOf(each, some)));
        }
      }
      return receptionsInTurn;
    }),
  );
  return receptions.flat();
}

/**
 * Writes all receptions to D1 in one round trip, then queues events and files: queue bodies carry ids
 * of rows that must be in D1 by then. Returns what to confirm to the objects: without wamids that D1
 * already held, which the objects' alarms handle.
 */
export async function projectReceptions(
  env: Env,
  receptions: readonly Reception[],
): Promise<readonly Reception[]> {
  const messages = receptions.flatMap((reception) =>
    reception.messages.map((message) => messageProjection(reception.conversation.id, message)),
  );
  const { statuses, held } = await project(createDatabase(env.DB), {
    conversations: receptions.map(({ conversation }) => conversation),
    messages,
    sends: [],
  });
  await queueFollowUps(
    env,
    messages,
    [...receptions.flatMap(({ events }) => events), ...statuses.map(eventOfStatus)],
    held,
  );
  const heldWamids = new Set(held.map(({ wamid }) => wamid));
  return receptions.map((reception) => ({
    ...reception,
    messages: reception.messages.filter(({ wamid }) => !heldWamids.has(wamid)),
  }));
}

/** Confirms to the objects what is in D1 and in the event queue; if that fails, their alarms repeat it. */
export async function settleReceptions(env: Env, receptions: readonly Reception[]): Promise<void> {
  await Promise.all(
    receptions.map(({ conversation, messages, events }) =>
      env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation.id)).settle({
        version: conversation.version,
        wamids: messages.map(({ wamid }) => wamid),
        sends: [],
        events: sequencesOf(events),
      }),
    ),
  );
}

function receptionOf(received: Received, group: readonly InboundMessage[]): Reception {
  const { conversation, events, unsettled } = received;
  const ids = new Map(received.placed?.map(({ wamid, id }) => [wamid, id]));
  const freshWamids = new Set(received.fresh);
  // The same wamid twice in one body is one message.
  const fresh = group
    .filter(({ wamid }) => freshWamids.delete(wamid))
    .map((message) => ({ ...message, id: ids.get(message.wamid) ?? message.id }));
  return { conversation, events, messages: [...fresh, ...unsettled], fresh };
}

/**
 * Writes a change to D1 and resolves; events and `settle` follow after the answer to the caller. If any of
 * it fails, the object's alarm does the same. Throws what D1 throws.
 */
export async function recordChange(
  env: Env,
  database: Database,
  { conversation, events }: Changed,
  sends: readonly SendProgress[] = [],
): Promise<void> {
  const { statuses } = await project(database, {
    conversations: [conversation],
    messages: [],
    sends: sends.map((progress) => sendProjection(conversation.id, progress)),
  });
  const queueAndSettle = async (): Promise<void> => {
    await queueEvents(env, [
      ...events,
      ...sends.map((progress) => eventOfProgress(progress, conversation.updated_at)),
      ...statuses.map(eventOfStatus),
    ]);
    await env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation.id)).settle({
      version: conversation.version,
      wamids: [],
      sends,
      events: sequencesOf(events),
    });
  };
  waitUntil(
    queueAndSettle().catch((error: unknown) => {
      log("error", "events_left_to_alarm", errorMembers(error));
    }),
  );
}

export async function changeStatus(
  env: Env,
  database: Database,
  conversationId: string,
  status: ConversationStatus,
): Promise<void> {
  const id = env.CONVERSATION.idFromString(conversationId);
  const changed = await callConversation(env.CONVERSATION, id, (stub) => stub.setStatus(status));
  if (changed !== null) await recordChange(env, database, changed);
}

/**
 * Changes what only D1 stores of a conversation. The object numbers the event first: an event without a
 * change does no harm, a change without an event does.
 */
export async function changeRecord(
  env: Env,
  database: Database,
  row: ConversationRow,
  change: { owner?: string | null; subject?: string | null; changed_by: string },
): Promise<void> {
  const { owner = row.owner, subject = row.subject, changed_by } = change;
  const given = { owner, subject, changed_by };
  if (owner === row.owner && subject === row.subject && changed_by === row.changed_by) return;
  const id = env.CONVERSATION.idFromString(row.id);
  const changed = await callConversation(env.CONVERSATION, id, (stub) => stub.announceChange());
  await patchConversation(database, row.id, given, Date.now());
  if (changed !== null) await recordChange(env, database, changed);
}

/** Moves the read mark up to a message, or to the newest, and shows the customer blue ticks. */
export async function markRead(
  env: Env,
  database: Database,
  config: Config,
  conversationId: string,
  upTo: MessageRow | null,
): Promise<void> {
  const id = env.CONVERSATION.idFromString(conversationId);
  const changed = await callConversation(env.CONVERSATION, id, (stub) =>
    stub.read(upTo?.id ?? null),
  );
  if (changed !== null) await recordChange(env, database, changed);
  const newest = await newestInbound(database, conversationId, upTo?.id ?? null);
  if (newest === null || newest.wamid === null) return;
  const client = createGraphClient(config);
  const answer = await client.markAsRead(newest.phone_number_id, newest.wamid, { typing: false });
  if (!answer.ok) log("error", "mark_as_read_failed", { code: answer.error.code });
}

/** Stores a contact. The objects of the person's conversations number their events first, as above. */
export async function giveContact(
  env: Env,
  database: Database,
  identity: { phone: string } | { user_id: string },
  contact: Parameters<typeof putContact>[1],
): Promise<void> {
  const conversations = await conversationsOf(database, identity);
  const changed = await Promise.all(
    conversations
      .filter(
        ({ contact_name, owner, changed_by }) =>
          contact_name !== contact.name ||
          owner !== contact.owner ||
          changed_by !== contact.changed_by,
      )
      .map(({ id }) =>
        callConversation(env.CONVERSATION, env.CONVERSATION.idFromString(id), (stub) =>
          stub.announceChange(),
        ),
      ),
  );
  await putContact(database, contact, Date.now());
  await Promise.all(
    changed.filter((each) => each !== null).map((each) => recordChange(env, database, each)),
  );
}

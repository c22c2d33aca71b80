/**
 * The Worker's way in: commits a webhook's messages at their conversations' objects, projects what the
 * objects took into D1, queues the events, and reports back to the objects what D1 and the queue have.
 */
import { conversationName } from "../lib/address.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import { createDatabase } from "../store/d1.ts";
import { project } from "../store/projection.ts";
import { eventOfStatus } from "../subscribers/event.ts";
import { conversations, inCalls } from "./client.ts";
import { sequencesOf } from "./events.ts";
import { messageProjection } from "./projection.ts";
import type { Received } from "./rpc.ts";
import { queueFollowUps } from "./sync.ts";

/** The state of one conversation after a call, and the messages that D1 may lack. */
export type Reception = Pick<Received, "conversation" | "events"> & {
  messages: readonly InboundMessage[];
  /** Messages that the object had not seen before. */
  fresh: readonly InboundMessage[];
};

/** Commits every message in its conversation's object; throws if one can't be reached. */
export async function receiveMessages(
  env: Env,
  messages: readonly InboundMessage[],
): Promise<Reception[]> {
  const receptions = await Promise.all(
    inBodyOrder(messages).map(async (deliveries) => {
      const receptionsInTurn: Reception[] = [];
      for (const { name, messages: group } of deliveries) {
        const id = env.CONVERSATION.idFromName(name).toString();
        for (const some of inCalls(group)) {
          const received = await conversations(env).receive(id, some);
          receptionsInTurn.push(...received.map((each) => receptionOf(each, some)));
        }
      }
      return receptionsInTurn;
    }),
  );
  return receptions.flat();
}

/**
 * Writes everything in one D1 round trip and fills the queues afterwards, since consumers read from
 * D1 the rows that a queue message names. Returns what the objects may forget. A wamid that D1 already
 * had is left out: its object's alarm settles it.
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

/** Reports to the objects what D1 and the event queue have; where that fails, their alarms project it again. */
export async function settleReceptions(env: Env, receptions: readonly Reception[]): Promise<void> {
  await Promise.all(
    receptions.map(({ conversation, messages, events }) =>
      conversations(env).settle(conversation.id, {
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
  // A body may contain the same wamid twice, which is one message.
  const fresh = group
    .filter(({ wamid }) => freshWamids.delete(wamid))
    .map((message) => ({ ...message, id: ids.get(message.wamid) ?? message.id }));
  return { conversation, events, messages: [...fresh, ...unsettled], fresh };
}

/** Messages for the object that has this name. */
type Delivery = { name: string; messages: InboundMessage[] };

/**
 * Returns lists of deliveries. Lists may run at the same time; the deliveries of one list run in order,
 * because one person's messages may come under a phone and under a BSUID, whose objects lead to one
 * conversation.
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

/** Other object names under which the same person may write; a group's members all write under its name. */
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

/**
 * Business numbers to which one sender without a BSUID and one without a phone wrote: they may be the
 * same person.
 */
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

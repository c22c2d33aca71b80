/**
 * The Worker's way in: hands a webhook's messages to their conversations' objects, which commit them and
 * bring them into D1.
 */
import { conversationName } from "../lib/address.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import { conversations, inCalls } from "./client.ts";
import type { Received } from "./rpc.ts";
import { GatheringWriter, type LentWriter } from "./sync/writer.ts";

/** The messages that one conversation had not seen before, under the ids that it gave them. */
export type FreshMessages = readonly InboundMessage[];

/**
 * Resolves once D1 has every message, or its object's alarm is set to bring it. Throws if an object can't
 * be reached. Returns the fresh messages of each conversation.
 */
export async function receiveMessages(
  env: Env,
  messages: readonly InboundMessage[],
): Promise<FreshMessages[]> {
  const lists = inBodyOrder(messages);
  const fresh =
    lists.length > 1 ? await receiveTogether(env, lists) : await receiveInTurn(env, lists.flat());
  return fresh.filter((some) => some.length > 0);
}

/** Many customers stay one D1 batch: their objects share a writer. */
async function receiveTogether(
  env: Env,
  lists: readonly (readonly Delivery[])[],
): Promise<FreshMessages[]> {
  const gathering = new GatheringWriter(env);
  const fresh = await Promise.all(
    lists.map((deliveries) => gathering.lendTo((writer) => receiveInTurn(env, deliveries, writer))),
  );
  return fresh.flat();
}

async function receiveInTurn(
  env: Env,
  deliveries: readonly Delivery[],
  writer: LentWriter | null = null,
): Promise<FreshMessages[]> {
  const fresh: FreshMessages[] = [];
  for (const { name, messages } of deliveries) {
    for (const some of inCalls(messages)) {
      const received = await conversations(env).receive(name, some, writer);
      fresh.push(...received.map((each) => freshIn(each, some)));
    }
  }
  return fresh;
}

/** Throws if the object leaves the rows to the Worker: Meta then delivers the body again. */
function freshIn(
  { in_d1, fresh, placed }: Received,
  group: readonly InboundMessage[],
): FreshMessages {
  if (in_d1 === undefined) throw new Error("an object of another version left its rows to us");
  const ids = new Map(placed.map(({ wamid, id }) => [wamid, id]));
  const freshWamids = new Set(fresh);
  // A body may contain the same wamid twice, which is one message.
  return group
    .filter(({ wamid }) => freshWamids.delete(wamid))
    .map((message) => ({ ...message, id: ids.get(message.wamid) ?? message.id }));
}

/** Messages for the object that has this name. */
type Delivery = { name: string; messages: InboundMessage[] };

/** A message with the name of the object of its address. */
type Named = { name: string; message: InboundMessage };

/**
 * Returns lists of deliveries. Lists may run at the same time; the deliveries of one list run in order,
 * because one person's messages may come under a phone and under a BSUID, whose objects lead to one
 * conversation.
 */
export function inBodyOrder(messages: readonly InboundMessage[]): Delivery[][] {
  const named = messages.map((message) => ({ name: nameOf(message), message }));
  // As in most bodies: then no other name matters.
  if (named.length === 1) return [inTurns(named)];
  const sameAs = new Map<string, string>();
  const firstNameOf = (name: string): string => {
    const next = sameAs.get(name);
    return next === undefined ? name : firstNameOf(next);
  };
  const strangers = numbersWithStrangers(messages);
  for (const { name, message } of named) {
    const first = firstNameOf(name);
    for (const otherName of otherNamesOf(message, strangers)) {
      const other = firstNameOf(otherName);
      if (other !== first) sameAs.set(other, first);
    }
  }
  const byPerson = Map.groupBy(named, ({ name }) => firstNameOf(name));
  return [...byPerson.values()].map(inTurns);
}

function inTurns(named: readonly Named[]): Delivery[] {
  const deliveries: Delivery[] = [];
  for (const { name, message } of named) {
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

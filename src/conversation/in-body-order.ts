/**
 * What of a webhook body goes to which object, and what must wait for what: one person's messages
 * may come under a phone and under a BSUID, whose objects lead to one conversation. Pure.
 */
import { conversationName } from "../customer/address.ts";
import type { InboundMessage } from "./inbound-message.ts";

/** Messages for the object of a name. */
export type Delivery = { name: string; messages: InboundMessage[] };

/**
 * Lists of deliveries that may go side by side; those of one list go one after the other, since they
 * may be of one person.
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

/** Under which other names the same person may write; everybody in a group writes under its name. */
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

/** Business numbers to which somebody writes with no BSUID, and somebody with no phone: who knows. */
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

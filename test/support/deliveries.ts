/** Inbound messages as Meta may deliver them, and what must come of them whatever the way. */
import * as fc from "fast-check";
import type { Address } from "../../src/lib/address.ts";
import type { InboundMessage } from "../../src/message/inbound-message.ts";
import { inboundMessage, messageIdAt, NAMELESS } from "./conversation-messages.ts";
import { idOfWamid } from "./store-rows.ts";

type PhoneAddress = Extract<Address, { kind: "phone" }>;

/** The final state, as far as the messages alone decide it. */
export type Outcome = {
  unread_count: number;
  last_message_at: number | null;
  last_customer_message_at: number | null;
  profile_name: string | null;
};

const TYPES = ["text", "image", "reaction", "edit", "revoke", "system", "order", "hologram"];

const START = Date.UTC(2026, 10, 24, 16);

/** Few enough that several messages share a millisecond. */
const time = fc.nat({ max: 20 }).map((step) => START + step * 1000);

const facts = fc.record({
  type: fc.constantFrom(...TYPES),
  direction: fc.constantFrom("inbound" as const, "inbound" as const, "outbound" as const),
  at: time,
  name: fc.constantFrom(null, "Ana", "Ana Ñúñez", "Ana N."),
});

/** Distinct messages of one conversation, told apart by their place alone. */
export function messagesTo(address: Address): fc.Arbitrary<InboundMessage[]> {
  return fc.array(facts, { minLength: 1, maxLength: 12 }).map((all) =>
    all.map(({ name, ...members }, place) =>
      inboundMessage({
        ...members,
        address,
        id: messageIdAt(members.at, String(place)),
        wamid: `wamid.${place}`,
        person: { ...NAMELESS, name },
      }),
    ),
  );
}

/** The same messages from another customer, under wamids of their own: D1 has one row for a wamid. */
export function fromCustomer(address: PhoneAddress): (message: InboundMessage) => InboundMessage {
  return (message) => {
    const wamid = `${message.wamid}.${address.phone}`;
    const id = idOfWamid(message.id, message.phone_number_id, wamid);
    return { ...message, id, wamid, address };
  };
}

/** Every message at least once, in any order, some more than once, in bodies of any size. */
export function deliveriesOf(
  messages: readonly InboundMessage[],
): fc.Arbitrary<InboundMessage[][]> {
  return fc
    .tuple(
      fc.shuffledSubarray([...messages], { minLength: messages.length }),
      fc.array(fc.constantFrom(...messages), { maxLength: 12 }),
      fc.infiniteStream(fc.nat({ max: 24 })),
      fc.infiniteStream(fc.boolean()),
    )
    .map(([every, again, places, ends]) => {
      const sequence = [...every];
      for (const message of again) sequence.splice(next(places), 0, message);
      const bodies: InboundMessage[][] = [[]];
      for (const message of sequence) {
        bodies.at(-1)?.push(message);
        if (next(ends)) bodies.push([]);
      }
      return bodies.filter((body) => body.length > 0);
    });
}

/**
 * What distinct messages must come to, by the table of the design; nothing of it by their order, but
 * within a second.
 *
 * @param taken in the order in which they were taken, repetitions among them
 */
export function outcomeOf(taken: readonly InboundMessage[], readUpTo = ""): Outcome {
  const distinct = [...new Map(taken.map((message) => [message.wamid, message])).values()];
  const silent = new Set(["edit", "revoke", "system"]);
  const written = distinct.filter(({ type }) => !silent.has(type) && type !== "reaction");
  const inbound = distinct.filter(({ direction }) => direction === "inbound");
  const opening = inbound.filter(({ type }) => !silent.has(type));
  const named = distinct.filter(({ person }) => person.name !== null);
  const newestNamed = named.toSorted((one, other) => one.at - other.at).at(-1);
  return {
    unread_count: written.filter((m) => m.direction === "inbound" && m.id > readUpTo).length,
    last_message_at: latest(written),
    last_customer_message_at: latest(opening),
    profile_name: newestNamed?.person.name ?? null,
  };
}

function latest(messages: readonly InboundMessage[]): number | null {
  return messages.length === 0 ? null : Math.max(...messages.map(({ at }) => at));
}

function next<Value>(stream: fc.Stream<Value>): Value {
  const { value, done } = stream.next();
  if (done === true) throw new Error("an infinite stream ended");
  return value;
}

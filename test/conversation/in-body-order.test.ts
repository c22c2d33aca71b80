import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inBodyOrder } from "../../src/conversation/receive.ts";
import { type Address, conversationName } from "../../src/lib/address.ts";
import type { InboundMessage } from "../../src/message/inbound-message.ts";
import { inboundMessage, NAMELESS } from "../support/conversation-messages.ts";
import { NUMBER, OTHER_NUMBER } from "../support/paloma.ts";

const phone = (digits: string): Address => ({ kind: "phone", phone: digits });
const user = (user_id: string): Address => ({ kind: "user", user_id });
const GROUP: Address = { kind: "group", group_id: "120363" };

function from(
  address: Address,
  userId: string | null = null,
  members: Partial<InboundMessage> = {},
) {
  const user_id = address.kind === "user" ? address.user_id : userId;
  return inboundMessage({ address, person: { ...NAMELESS, user_id }, ...members });
}

/** How many deliveries each list has. */
const lengthsOf = (messages: InboundMessage[]) =>
  inBodyOrder(messages).map((deliveries) => deliveries.length);

describe("I3: the messages of a body", () => {
  it("go side by side where they are of several people, each with one delivery", () => {
    const messages = [from(phone("1")), from(phone("2")), from(GROUP, "MX.1"), from(phone("1"))];
    expect(lengthsOf(messages)).toEqual([1, 1, 1]);
    expect(lengthsOf([from(user("MX.1")), from(user("MX.2"))])).toEqual([1, 1]);
    expect(lengthsOf([from(phone("1"), "MX.1"), from(user("MX.2"))])).toEqual([1, 1]);
  });

  it("go in turn where a phone and a BSUID are one person's", () => {
    const messages = [from(phone("1"), "MX.1"), from(user("MX.1")), from(phone("1"), "MX.1")];
    expect(lengthsOf(messages)).toEqual([3]);
    expect(lengthsOf(messages.toReversed())).toEqual([3]);
  });

  it("go in turn where nobody knows whether they are", () => {
    expect(lengthsOf([from(phone("1")), from(user("MX.1")), from(phone("1"))])).toEqual([3]);
    const elsewhere = from(user("MX.1"), null, { phone_number_id: OTHER_NUMBER });
    expect(lengthsOf([from(phone("1")), elsewhere, from(phone("1"))])).toEqual([1, 1]);
  });

  it("go in turn where one of them says that the person changed", () => {
    const changed_to = [phone("2"), user("MX.2")];
    const messages = [from(phone("1"), "MX.1", { changed_to }), from(phone("2"), "MX.2")];
    expect(lengthsOf([...messages, from(user("MX.2"))])).toEqual([3]);
  });

  const address = fc.oneof(
    fc.constantFrom("1", "2", "3").map(phone),
    fc.constantFrom("MX.1", "MX.2", "MX.3").map(user),
    fc.constant(GROUP),
  );
  const message = fc
    .tuple(address, fc.constantFrom(null, "MX.1", "MX.2"), fc.constantFrom(NUMBER, OTHER_NUMBER))
    .map(([to, userId, phone_number_id]) => from(to, userId, { phone_number_id }));

  test.prop([fc.array(message, { maxLength: 20 })])(
    "all go to the object of their name, and no list of them mixes up the order",
    (messages) => {
      const lists = inBodyOrder(messages);
      const places = new Map(messages.map((each, place) => [each, place]));
      const sent = lists.flat().flatMap(({ messages: some }) => some);
      expect(new Set(sent)).toEqual(new Set(messages));
      expect(sent).toHaveLength(messages.length);
      for (const deliveries of lists) {
        const inTurn = deliveries.flatMap(({ messages: some }) =>
          some.map((each) => places.get(each) ?? -1),
        );
        expect(inTurn).toEqual(inTurn.toSorted((one, other) => one - other));
      }
      for (const { name, messages: some } of lists.flat()) {
        for (const { phone_number_id, address: to } of some) {
          expect(conversationName(phone_number_id, to)).toBe(name);
        }
      }
      // Nobody is in two lists.
      const names = lists.map((deliveries) => new Set(deliveries.map(({ name }) => name)));
      expect(names.reduce((sum, { size }) => sum + size, 0)).toBe(
        new Set(lists.flat().map(({ name }) => name)).size,
      );
    },
  );
});

import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beginningOfSecond, endOfSecond, outboundMessageId, placedId } from "../../src/lib/ids.ts";
import { messageIdAt } from "../support/conversation-messages.ts";

const SECOND_MS = 1000;
const NOON = Date.UTC(2026, 10, 25, 12);

/** What happens to a conversation: Meta delivers a message, for the first time or again, or we send one. */
type Happening = { kind: "delivered"; wamid: number } | { kind: "sent"; at: number };

/** Which second each message is stamped with, and a tail that says nothing of the order. */
const written = fc.array(fc.record({ second: fc.nat(3), tail: fc.bigInt(0n, 2n ** 64n - 1n) }), {
  minLength: 1,
  maxLength: 12,
});

const scenario = written.chain((messages) =>
  fc.record({
    messages: fc.constant(messages),
    happenings: fc.array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({
            kind: fc.constant("delivered" as const),
            wamid: fc.nat(messages.length - 1),
          }),
        },
        {
          weight: 1,
          arbitrary: fc.record({
            kind: fc.constant("sent" as const),
            at: fc.nat(4 * SECOND_MS - 1),
          }),
        },
      ),
      { maxLength: 40 },
    ),
  }),
);

describe("I3: the order within a second", () => {
  test.prop([scenario])(
    "is that in which the object first took it, in both directions, whatever Meta delivers again",
    ({ messages, happenings }) => {
      const ids = new Map<string, { id: string; second: number; place: number }>();
      const newestUpTo = (at: number) =>
        [...ids.values()]
          .map(({ id }) => id)
          .filter((id) => id < endOfSecond(at))
          .toSorted()
          .at(-1) ?? "";
      const take = (key: string, second: number, id: string) => {
        ids.set(key, { id, second, place: ids.size });
      };
      for (const happening of happenings as Happening[]) {
        if (happening.kind === "sent") {
          const at = NOON + happening.at;
          const newest = [...ids.values()]
            .map(({ id }) => id)
            .toSorted()
            .at(-1);
          const id = outboundMessageId(at, newest);
          // Ours are made behind all there is, in the second in which that lies.
          const second = Number.parseInt(id.slice(4, 16), 16) - NOON;
          take(`sent ${ids.size}`, Math.floor(second / SECOND_MS), id);
          continue;
        }
        const { second, tail } = messages[happening.wamid] ?? { second: 0, tail: 0n };
        const key = String(happening.wamid);
        if (ids.has(key)) continue;
        const at = NOON + second * SECOND_MS;
        take(key, second, placedId(messageIdAt(at, tail.toString(16)), newestUpTo(at)));
      }
      const byId = [...ids.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
      const byTaking = [...ids.values()].toSorted(
        (one, other) => one.second - other.second || one.place - other.place,
      );
      expect(byId).toEqual(byTaking);
      for (const { id, second } of ids.values()) {
        expect(id >= beginningOfSecond(NOON + second * SECOND_MS)).toBe(true);
        expect(id < endOfSecond(NOON + second * SECOND_MS)).toBe(true);
      }
    },
  );

  it("holds for a second with more messages than it has milliseconds", () => {
    let newest = messageIdAt(NOON - 1, "f");
    for (let count = 0; count < 100_000; count += 1) {
      const id = placedId(messageIdAt(NOON, String(count % 7)), newest);
      if (id <= newest) throw new Error(`${id} is not behind ${newest}`);
      newest = id;
    }
    expect(newest < endOfSecond(NOON)).toBe(true);
  });

  it("leaves a message where a Worker of 0.1.0 has put it", () => {
    const id = messageIdAt(NOON, "1".repeat(20));
    expect(placedId(id, messageIdAt(NOON + 5))).toBe(id);
  });
});

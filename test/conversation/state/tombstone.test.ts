import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import {
  madeSinceErased,
  secondErased,
  sinceErased,
  wasErasedAt,
} from "../../../src/conversation/state/tombstone.ts";
import { idBehind, outboundMessageId } from "../../../src/lib/ids.ts";
import { messageIdAt, outgoingMessage } from "../../support/conversation-messages.ts";

const SECOND_MS = 1000;
const NOON = Date.UTC(2026, 10, 25, 12);

describe("a tombstone", () => {
  it("where nobody was erased lets everything pass", () => {
    const messages = [{ id: messageIdAt(0) }];
    expect(sinceErased(null, messages)).toBe(messages);
    const outgoing = [outgoingMessage()];
    expect(madeSinceErased(null, outgoing)).toBe(outgoing);
    expect(wasErasedAt(null, 0)).toBe(false);
  });

  it("lets of its own second pass what was not here", () => {
    const [here, new_] = [messageIdAt(NOON, "a"), messageIdAt(NOON, "b")];
    const tombstone = { erased_at: NOON + 999, message_ids: [here] };
    const ids = [messageIdAt(NOON - 1), here, new_, messageIdAt(NOON + SECOND_MS)];
    const passed = sinceErased(
      tombstone,
      ids.map((id) => ({ id })),
    );
    expect(passed.map(({ id }) => id)).toEqual([new_, messageIdAt(NOON + SECOND_MS)]);
  });

  it("stops messages of ours that were made before, and their fallbacks", () => {
    const tombstone = { erased_at: NOON, message_ids: [] };
    const [before, after] = [outboundMessageId(NOON), outboundMessageId(NOON + 1)];
    const messages = [
      outgoingMessage({ id: before }),
      outgoingMessage({ id: after, fallback_of: before }),
      outgoingMessage({ id: after }),
    ];
    expect(madeSinceErased(tombstone, messages)).toEqual([messages[2]]);
    expect([NOON, NOON + 1].map((at) => wasErasedAt(tombstone, at))).toEqual([true, false]);
  });

  it("knows a message again whatever its place was, and whatever its id of 0.1.0", () => {
    const tail = "0123456789abcdef";
    const delivered = messageIdAt(NOON, tail);
    const placed = idBehind(delivered, messageIdAt(NOON + 500, "f"));
    const former = messageIdAt(NOON, `ffff${tail}`);
    for (const here of [delivered, placed, former]) {
      const tombstone = { erased_at: NOON, message_ids: [here] };
      expect(sinceErased(tombstone, [{ id: delivered }])).toEqual([]);
    }
  });

  it("stops a message of ours that was made before, though its id is ahead", () => {
    const tombstone = { erased_at: NOON, message_ids: [] };
    const id = outboundMessageId(NOON, messageIdAt(NOON + SECOND_MS));
    const [before, after] = [NOON, NOON + 1].map((made_at) => outgoingMessage({ id, made_at }));
    if (!before || !after) throw new Error("two messages were made");
    const fallback = { ...before, id: outboundMessageId(NOON + 1), fallback_of: before.id };
    expect(madeSinceErased(tombstone, [before, fallback, after])).toEqual([after]);
  });

  test.prop([fc.integer({ min: 0, max: 2 ** 41 }), fc.integer({ min: -5000, max: 5000 })])(
    "stops by Meta's stamps, whole seconds, whatever the millisecond",
    (erased_at, distance) => {
      const at = Math.max(0, erased_at + distance);
      const id = messageIdAt(at, "f");
      const passes = sinceErased({ erased_at, message_ids: [] }, [{ id }]).length === 1;
      expect(passes).toBe(Math.floor(at / SECOND_MS) >= Math.floor(erased_at / SECOND_MS));
      expect(secondErased(erased_at) <= messageIdAt(erased_at)).toBe(true);
    },
  );
});

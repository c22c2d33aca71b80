import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply, emptyStore, type Frame, type Store } from "../../inbox/src/state/apply.ts";
import { conversation, message } from "./support/views.ts";

const IDS = ["conv_1", "conv_2", "conv_3"];

/** What the server would show of a conversation when asked at this turn: gone, or so many messages. */
type Turn = { id: string; asked: number; gone: boolean };

const turns = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(...IDS),
    asked: fc.nat({ max: 30 }),
    gone: fc.boolean(),
  }),
  { selector: ({ asked }) => asked, maxLength: 12 },
);

function frameOf({ id, asked, gone }: Turn): Frame {
  if (gone) return { asked, gone: [id] };
  return {
    asked,
    conversations: [
      conversation({
        id,
        unread_count: asked,
        last_message: {
          id: `msg_${id}`,
          direction: "inbound",
          type: "text",
          body: `${asked}`,
          status: "delivered",
          revoked: false,
          sent_by: null,
          created_at: "2026-11-29T16:00:00.000Z",
        },
      }),
    ],
    messages: [message({ id: `msg_${id}`, conversation_id: id, body: `${asked}` })],
  };
}

/** The parts of a frame, as a socket could cut it. */
function split({ asked, conversations = [], messages = [], gone = [] }: Frame): Frame[] {
  return [
    ...gone.map((id) => ({ asked, gone: [id] })),
    ...conversations.map((view) => ({ asked, conversations: [view] })),
    ...messages.map((view) => ({ asked, messages: [view] })),
  ];
}

function after(frames: readonly Frame[]): Store {
  const store = emptyStore();
  for (const frame of frames) apply(store, frame);
  return store;
}

/** What the store shows, without how it came to it. */
function shown(store: Store) {
  return {
    conversations: IDS.map((id) => store.conversations.get(id)?.view ?? null),
    lastMessages: IDS.map((id) => store.lastMessages.get(id)?.view ?? null),
    messages: IDS.map((id) =>
      [...(store.messages.get(id)?.values() ?? [])].map(({ view }) => view),
    ),
  };
}

describe("apply", () => {
  test.prop([
    turns.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.shuffledSubarray(list),
      ),
    ),
  ])(
    "shows the same whatever the order, repetition and division of frames",
    ([list, order, again]) => {
      const inOrder = list.toSorted((one, other) => one.asked - other.asked).map(frameOf);
      const mixed = [...order, ...again].map(frameOf);
      expect(shown(after(mixed))).toEqual(shown(after(inOrder)));
      expect(shown(after(mixed.flatMap(split)))).toEqual(shown(after(inOrder)));
    },
  );

  test.prop([turns])("shows of each conversation what was asked for last", (list) => {
    const store = after(list.map(frameOf));
    for (const id of IDS) {
      const last = list
        .filter((turn) => turn.id === id)
        .toSorted((one, other) => other.asked - one.asked)[0];
      const expected = last === undefined || last.gone ? undefined : last.asked;
      expect(store.conversations.get(id)?.view.unread_count).toBe(expected);
    }
  });

  it("names what changed, and nothing for what it knew", () => {
    const store = emptyStore();
    const frame = frameOf({ id: "conv_1", asked: 1, gone: false });
    expect(apply(store, frame)).toEqual({
      rows: new Set(["conv_1"]),
      threads: new Set(["conv_1"]),
      messages: new Set(["msg_conv_1"]),
    });
    expect(apply(store, { ...frame, asked: 2 })).toEqual({
      rows: new Set(),
      threads: new Set(),
      messages: new Set(),
    });
  });

  it("keeps the last message where a view does not have it", () => {
    const store = after([
      frameOf({ id: "conv_1", asked: 1, gone: false }),
      { asked: 2, conversations: [conversation({ unread_count: 7 })] },
    ]);
    expect(store.lastMessages.get("conv_1")?.view?.body).toBe("1");
    expect(store.conversations.get("conv_1")?.view.unread_count).toBe(7);
  });
});

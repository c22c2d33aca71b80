import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  apply,
  emptyStore,
  expire,
  expireThread,
  forgetGone,
  type Frame,
  type Store,
  sweepConversations,
  sweepMessages,
} from "../../inbox/src/state/apply.ts";
import { conversation, message } from "./support/views.ts";

const IDS = ["conv_1", "conv_2", "conv_3"];

/** What a frame says of a conversation: gone, or so many messages. It knows the log up to `seq`. */
type Turn = { id: string; seq: number; asked: number; gone: boolean };

/** In the order of what they know; no two know the same. */
function countOf({ seq, asked }: Turn): number {
  return seq * 100 + asked;
}

const turns = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(...IDS),
    seq: fc.nat({ max: 3 }),
    asked: fc.nat({ max: 30 }),
    gone: fc.boolean(),
  }),
  { selector: countOf, maxLength: 12 },
);

function frameOf(turn: Turn): Frame {
  const { id, seq, asked, gone } = turn;
  const version = { seq, asked };
  if (gone) return { version, gone: [id] };
  const count = countOf(turn);
  return {
    version,
    conversations: [
      conversation({
        id,
        unread_count: count,
        last_message: {
          id: `msg_${id}`,
          direction: "inbound",
          type: "text",
          body: `${count}`,
          status: "delivered",
          revoked: false,
          sent_by: null,
          created_at: "2026-11-29T16:00:00.000Z",
        },
      }),
    ],
    messages: [message({ id: `msg_${id}`, conversation_id: id, body: `${count}` })],
  };
}

/** The parts of a frame, as a socket could cut it. */
function split({ version, conversations = [], messages = [], gone = [] }: Frame): Frame[] {
  return [
    ...gone.map((id) => ({ version, gone: [id] })),
    ...conversations.map((view) => ({ version, conversations: [view] })),
    ...messages.map((view) => ({ version, messages: [view] })),
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
      const inOrder = list.toSorted((one, other) => countOf(one) - countOf(other)).map(frameOf);
      const mixed = [...order, ...again].map(frameOf);
      expect(shown(after(mixed))).toEqual(shown(after(inOrder)));
      expect(shown(after(mixed.flatMap(split)))).toEqual(shown(after(inOrder)));
    },
  );

  test.prop([turns])("shows of each conversation what knows most", (list) => {
    const store = after(list.map(frameOf));
    for (const id of IDS) {
      const last = list
        .filter((turn) => turn.id === id)
        .toSorted((one, other) => countOf(other) - countOf(one))[0];
      const expected = last === undefined || last.gone ? undefined : countOf(last);
      expect(store.conversations.get(id)?.view.unread_count).toBe(expected);
    }
  });

  it("names what changed, and nothing for what it knew", () => {
    const store = emptyStore();
    const frame = frameOf({ id: "conv_1", seq: 0, asked: 1, gone: false });
    expect(apply(store, frame)).toEqual({
      rows: new Set(["conv_1"]),
      threads: new Set(["conv_1"]),
      messages: new Set(["msg_conv_1"]),
    });
    expect(apply(store, { ...frame, version: { seq: 0, asked: 2 } })).toEqual({
      rows: new Set(),
      threads: new Set(),
      messages: new Set(),
    });
  });

  it("keeps the last message where a view does not have it", () => {
    const store = after([
      frameOf({ id: "conv_1", seq: 0, asked: 1, gone: false }),
      { version: { seq: 0, asked: 2 }, conversations: [conversation({ unread_count: 7 })] },
    ]);
    expect(store.lastMessages.get("conv_1")?.view?.body).toBe("1");
    expect(store.conversations.get("conv_1")?.view.unread_count).toBe(7);
  });

  it("keeps a conversation that a frame names as gone and as there: it is there again", () => {
    const both = { ...frameOf({ id: "conv_1", seq: 4, asked: 1, gone: false }), gone: ["conv_1"] };
    for (const frames of [[both], split(both), split(both).toReversed()]) {
      expect(shown(after(frames)).conversations[0]).not.toBeNull();
    }
  });
});

describe("a message that is gone", () => {
  it("leaves its conversation, and does not come back by what knows less", () => {
    const frame = frameOf({ id: "conv_1", seq: 3, asked: 1, gone: false });
    const gone: Frame = { version: { seq: 4, asked: 1 }, gone: ["msg_conv_1"] };
    for (const frames of [
      [frame, gone],
      [gone, frame],
    ]) {
      const store = after(frames);
      expect(shown(store).messages[0]).toEqual([]);
      expect(shown(store).conversations[0]).not.toBeNull();
    }
  });
});

describe("what has gone", () => {
  const frame = frameOf({ id: "conv_1", seq: 3, asked: 2, gone: false });
  const gone: Frame = { version: { seq: 3, asked: 4 }, gone: ["conv_1"] };

  it("is forgotten once nothing that was asked before can come, but for the open conversation", () => {
    const store = after([frame, gone]);
    forgetGone(store, 3, null);
    apply(store, frame);
    expect(shown(store).conversations[0]).toBeNull();
    forgetGone(store, 4, "conv_1");
    expect([...store.gone.keys()]).toEqual(["conv_1"]);
    forgetGone(store, 4, null);
    expect(store.gone.size).toBe(0);
  });
});

describe("after a reset", () => {
  const old = frameOf({ id: "conv_1", seq: 9, asked: 9, gone: false });
  const other = frameOf({ id: "conv_2", seq: 9, asked: 9, gone: false });

  it("all that was shown stays, and gives way to anything", () => {
    const store = after([old, other]);
    expire(store);
    expect(shown(store)).toEqual(shown(after([old, other])));
    const anew = frameOf({ id: "conv_1", seq: 1, asked: 1, gone: false });
    apply(store, anew);
    expect(shown(store)).toEqual(shown(after([anew, other])));
  });

  it("what does not come anew is swept, but for the open conversation", () => {
    const store = after([old, other]);
    expire(store);
    expect(sweepConversations(store, "conv_2").rows).toEqual(new Set(["conv_1"]));
    expect(shown(store).conversations.map((view) => view?.id)).toEqual([
      undefined,
      "conv_2",
      undefined,
    ]);
    expect(sweepMessages(store, "conv_2").threads).toEqual(new Set(["conv_2"]));
    expect(shown(store).messages[1]).toEqual([]);
  });

  it("of one conversation alone, others keep their messages", () => {
    const store = after([old, other]);
    expireThread(store, "conv_1");
    sweepMessages(store, "conv_1");
    sweepMessages(store, "conv_2");
    expect(shown(store).messages.map(({ length }) => length)).toEqual([0, 1, 0]);
  });
});

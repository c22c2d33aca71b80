import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Choice,
  fits,
  heldOrder,
  lastOf,
  listQuery,
  orderedIds,
  waitingChanges,
} from "../../inbox/src/state/list.ts";
import { nameOf } from "../../inbox/src/state/views.ts";
import { conversation } from "./support/views.ts";

const OPEN: Choice = { tab: "open", unreadOnly: false, number: null, search: "", me: "ana" };
const WAITING: Choice = { ...OPEN, tab: "waiting" };

/** The API's own. */
const NUMBER = "106540352242922";

const conversations = fc.uniqueArray(
  fc.record({ second: fc.nat({ max: 5 }), place: fc.nat({ max: 50 }) }),
  { selector: ({ place }) => place, maxLength: 20 },
);

describe("orderedIds", () => {
  test.prop([conversations, fc.nat({ max: 5 }), fc.nat({ max: 50 })])(
    "sorts as the API does, down to the horizon",
    (list, second, place) => {
      const views = list.map((each) =>
        conversation({ id: idOf(each.place), last_message_at: timeOf(each.second) }),
      );
      const keys = views
        .map(({ last_message_at: at, id }) => `${at} ${id}`)
        .toSorted()
        .toReversed();
      const ids = (most: readonly string[]) => most.map((key) => key.split(" ")[1]);
      expect(orderedIds(views, OPEN, () => true, null)).toEqual(ids(keys));
      const horizon = { at: timeOf(second), id: idOf(place) };
      const within = keys.filter((key) => key >= `${horizon.at} ${horizon.id}`);
      expect(orderedIds(views, OPEN, () => true, horizon)).toEqual(ids(within));
      const last = keys.at(-1)?.split(" ");
      const end = last === undefined ? null : { at: last[0], id: last[1] };
      expect(lastOf(OPEN, views, null)).toEqual(end);
    },
  );

  test.prop([conversations, fc.nat({ max: 5 }), fc.nat({ max: 50 })])(
    "shows those who wait longest first, down to the horizon",
    (list, second, place) => {
      const views = list.map((each) =>
        conversation({ id: idOf(each.place), waiting_since: timeOf(each.second) }),
      );
      const keys = views.map(({ waiting_since: at, id }) => `${at} ${id}`).toSorted();
      const ids = (most: readonly string[]) => most.map((key) => key.split(" ")[1]);
      expect(orderedIds(views, WAITING, () => true, null)).toEqual(ids(keys));
      const horizon = { at: timeOf(second), id: idOf(place) };
      const within = keys.filter((key) => key <= `${horizon.at} ${horizon.id}`);
      expect(orderedIds(views, WAITING, () => true, horizon)).toEqual(ids(within));
      expect(lastOf(WAITING, views, horizon)?.id).toBe(
        keys.findLast((key) => key > `${horizon.at} ${horizon.id}`)?.split(" ")[1] ?? horizon.id,
      );
    },
  );

  it("leaves out what does not belong", () => {
    const views = [conversation({ id: "a", status: "closed" }), conversation({ id: "b" })];
    const closed: Choice = { ...OPEN, tab: "closed" };
    expect(orderedIds(views, closed, (each) => fits(closed, each), null)).toEqual(["a"]);
  });
});

describe("the open conversation", () => {
  const views = [0, 1, 2].map((place) =>
    conversation({ id: idOf(place), waiting_since: timeOf(place) }),
  );
  const answered = views.map((view) =>
    view.id === idOf(1) ? { ...view, waiting_since: null } : view,
  );
  const isShown = (choice: Choice) => (view: (typeof views)[number]) => fits(choice, view);
  const kept = { id: idOf(1), at: timeOf(1) };

  it("keeps its place although it belongs there no more", () => {
    const ids = [idOf(0), idOf(1), idOf(2)];
    expect(orderedIds(views, WAITING, isShown(WAITING), null)).toEqual(ids);
    expect(orderedIds(answered, WAITING, isShown(WAITING), null, kept)).toEqual(ids);
    expect(orderedIds(answered, WAITING, isShown(WAITING), null)).toEqual([idOf(0), idOf(2)]);
  });

  it("goes on by its own time in the other tabs, and where it belongs again", () => {
    const unread: Choice = { ...OPEN, unreadOnly: true };
    const read = views.map((view, place) =>
      conversation({ ...view, last_message_at: timeOf(place), unread_count: 1 - (place % 2) }),
    );
    expect(orderedIds(read, unread, isShown(unread), null, { ...kept, at: timeOf(5) })).toEqual([
      idOf(2),
      idOf(1),
      idOf(0),
    ]);
    const again = orderedIds(views, WAITING, isShown(WAITING), null, { ...kept, at: timeOf(5) });
    expect(again).toEqual([idOf(0), idOf(1), idOf(2)]);
  });
});

describe("the order of a list that somebody points at", () => {
  it.each([
    ["abc", "abc", "abc"],
    ["abc", "cab", "abc"],
    ["abc", "xabc", "abc"],
    ["abc", "abcd", "abcd"],
    ["abc", "bc", "bc"],
    // The last one has gone: the others stay where they are.
    ["abc", "ba", "ab"],
    ["abc", "bxa", "ab"],
    ["abc", "bad", "abd"],
    ["abc", "xyz", "xyz"],
    ["abc", "", ""],
  ])("%s that becomes %s is shown as %s", (held, now, shown) => {
    expect(heldOrder(held.split(""), now.split("")).join("")).toBe(shown);
  });

  it.each([
    ["abc", "abc", 0],
    ["abcd", "dabc", 1],
    ["abcd", "bcda", 1],
    ["abcd", "xabcd", 1],
    ["abcd", "xdabc", 2],
    ["abcd", "dcab", 2],
    ["abcd", "dcba", 3],
    ["", "ab", 2],
  ])("%s that is %s has %d changes", (held, now, changes) => {
    expect(waitingChanges(held.split(""), now.split(""))).toBe(changes);
  });

  test.prop([
    fc.uniqueArray(fc.nat({ max: 30 })).map((list) => list.map(String)),
    fc.array(fc.nat({ max: 30 }), { maxLength: 5 }),
  ])(
    "counts no more changes than messages came, each of which moves one to the top",
    (ids, news) => {
      const now = [...ids];
      for (const each of news.map(String)) {
        if (now.includes(each)) now.splice(now.indexOf(each), 1);
        now.unshift(each);
      }
      expect(waitingChanges(ids, now)).toBeLessThanOrEqual(new Set(news).size);
      expect(waitingChanges(now, now)).toBe(0);
    },
  );
});

describe("fits", () => {
  it.each([
    [OPEN, { status: "active" }, true],
    [OPEN, { status: "closed" }, false],
    [{ ...OPEN, tab: "closed" }, { status: "closed" }, true],
    [{ ...OPEN, tab: "closed" }, { status: "pending" }, false],
    [WAITING, { waiting_since: null }, false],
    [WAITING, { waiting_since: "2026-11-29T16:00:00.000Z" }, true],
    [{ ...OPEN, tab: "mine" }, { assignee: "ana" }, true],
    [{ ...OPEN, tab: "mine" }, { assignee: "ana", status: "closed" }, false],
    [{ ...OPEN, tab: "mine" }, { assignee: "luis" }, false],
    [{ ...OPEN, tab: "mine" }, { assignee: null }, false],
    [{ ...OPEN, unreadOnly: true }, { unread_count: 0 }, false],
    [{ ...OPEN, unreadOnly: true }, { unread_count: 2 }, true],
    [{ ...OPEN, number: NUMBER }, {}, true],
    [{ ...OPEN, number: "another" }, {}, false],
    [{ ...WAITING, unreadOnly: true, number: "another", search: "ana" }, {}, true],
  ] as const)("%j and %j: %j", (choice, view, expected) => {
    expect(fits(choice, conversation(view))).toBe(expected);
  });
});

describe("listQuery", () => {
  it("asks for the tab, or for what is searched in all tabs", () => {
    expect(listQuery(OPEN)).toEqual({ include: "last_message", view: "open" });
    const filtered: Choice = { ...WAITING, unreadOnly: true, number: NUMBER };
    expect(listQuery(filtered)).toEqual({
      include: "last_message",
      view: "waiting",
      unread: "true",
      phone_number_id: NUMBER,
    });
    expect(listQuery({ ...filtered, search: "ana" })).toEqual({
      include: "last_message",
      q: "ana",
    });
  });
});

describe("nameOf", () => {
  it("falls back to what Meta gives", () => {
    const { contact } = conversation();
    const nobody = { ...contact, name: null, phone: null };
    expect(nameOf(conversation())).toBe("Ana López");
    expect(nameOf(conversation({ contact: { ...contact, name: null } }))).toBe("+529982220001");
    expect(nameOf(conversation({ contact: { ...nobody, username: "ana.l" } }))).toBe("ana.l");
    expect(nameOf(conversation({ contact: { ...nobody, user_id: "MX.1" } }))).toBe("MX.1");
    expect(nameOf(conversation({ contact: nobody, subject: "Grupo" }))).toBe("Grupo");
  });
});

function idOf(place: number): string {
  return `conv_${String(place).padStart(2, "0")}`;
}

function timeOf(second: number): string {
  return `2026-11-29T16:00:0${second}.000Z`;
}

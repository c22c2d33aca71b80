import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Choice, fits, listQuery, orderedIds } from "../../inbox/src/state/list.ts";
import { nameOf } from "../../inbox/src/state/views.ts";
import { conversation } from "./support/views.ts";

const ALL: Choice = { tab: "all", unreadOnly: false, search: "" };

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
      expect(orderedIds(views, () => true, null)).toEqual(ids(keys));
      const horizon = { at: timeOf(second), id: idOf(place) };
      const within = keys.filter((key) => key >= `${horizon.at} ${horizon.id}`);
      expect(orderedIds(views, () => true, horizon)).toEqual(ids(within));
    },
  );

  it("leaves out what does not belong", () => {
    const views = [conversation({ id: "a", status: "closed" }), conversation({ id: "b" })];
    expect(orderedIds(views, (each) => fits({ ...ALL, tab: "closed" }, each), null)).toEqual(["a"]);
  });
});

describe("fits", () => {
  it.each([
    [{ ...ALL, tab: "pending" }, { status: "active" }, false],
    [{ ...ALL, tab: "active" }, { status: "active" }, true],
    [{ ...ALL, unreadOnly: true }, { unread_count: 0 }, false],
    [{ ...ALL, unreadOnly: true }, { unread_count: 2 }, true],
    [{ tab: "closed", unreadOnly: true, search: "ana" }, { unread_count: 0 }, true],
  ] as const)("%j and %j: %j", (choice, view, expected) => {
    expect(fits(choice, conversation(view))).toBe(expected);
  });
});

describe("listQuery", () => {
  it("asks for the tab, or for what is searched in all tabs", () => {
    expect(listQuery(ALL)).toEqual({ include: "last_message" });
    expect(listQuery({ tab: "closed", unreadOnly: true, search: "" })).toEqual({
      include: "last_message",
      status: "closed",
      unread: "true",
    });
    expect(listQuery({ tab: "closed", unreadOnly: true, search: "ana" })).toEqual({
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

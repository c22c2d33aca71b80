import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addUnread,
  entryOf,
  entryOfSeen,
  leftToOther,
  mergedWith,
  PAGE_ENTRIES,
  RECENT_MAX,
  renamed,
  type SeenEntry,
  seenOfEntry,
  settled,
  unreadAfter,
  withEntries,
  withMark,
} from "../../../src/conversation/state/seen.ts";
import { isSameMessage, tailOf } from "../../../src/lib/ids.ts";
import { messageIdAt } from "../../support/conversation-messages.ts";

const NOW = Date.UTC(2026, 10, 24, 16);

/** Different messages within ten seconds, in any order. */
const entries = fc
  .uniqueArray(
    fc.tuple(
      fc.nat({ max: 9_999_999 }),
      fc.nat({ max: 9 }),
      fc.constantFrom(0 as const, 1 as const, 2 as const),
      fc.option(fc.nat({ max: 500 })),
    ),
    { selector: ([tail]) => tail, maxLength: 300 },
  )
  .map((list) =>
    list.map(([tail, second, unread, due]): SeenEntry => [
      messageIdAt(NOW + second * 1000, String(tail)),
      unread,
      due,
    ]),
  );

const mark = fc.nat({ max: 10 }).map((second) => messageIdAt(NOW + second * 1000, ""));

describe("what an object remembers of messages", () => {
  test.prop([entries, fc.nat({ max: 120 })])(
    "is in its row or in a page, whatever comes at once, and the row stays small (I3)",
    (list, atOnce) => {
      let recent: readonly SeenEntry[] = [];
      const pages: SeenEntry[] = [];
      for (let place = 0; place < list.length; place += atOnce + 1) {
        const result = withEntries(recent, list.slice(place, place + atOnce + 1));
        recent = result.recent;
        for (const page of result.pages) {
          expect(page).toHaveLength(PAGE_ENTRIES);
          pages.push(...page);
        }
        expect(recent.length).toBeLessThanOrEqual(RECENT_MAX);
      }
      expect([...pages, ...recent]).toEqual(list);
    },
  );

  test.prop([entries, fc.nat({ max: 299 }), fc.nat({ max: 1000 })])(
    "is found by the wamid's digest at whatever place (I3)",
    (list, place, later) => {
      const [id] = list[place % (list.length || 1)] ?? [messageIdAt(NOW, "unknown")];
      const moved = messageIdAt(NOW + later, "").slice(0, 20) + tailOf(id);
      const found = entryOf(list, moved);
      expect(found === null).toBe(list.length === 0);
      if (found !== null) expect(isSameMessage(found[0], moved)).toBe(true);
    },
  );

  test.prop([entries, mark, fc.nat({ max: 300 })])(
    "is unread after the mark, counted in parts as in the whole (I4)",
    (list, until, split) => {
      const unread = list.filter(([id, counts]) => counts === 1 && id > until).map(([id]) => id);
      const counted = addUnread(
        unreadAfter(list.slice(0, split), until),
        unreadAfter(list.slice(split), until),
      );
      expect(counted).toEqual({
        count: unread.length,
        first: unread.toSorted()[0] ?? null,
      });
      // Written down, the mark may move back.
      expect(unreadAfter(withMark(list, until), "")).toEqual(counted);
    },
  );

  test.prop([entries, entries])(
    "and another object knows, too, is read if one of both read it (I4)",
    (list, others) => {
      const arriving = new Map(
        others.map((entry) => [tailOf(entry[0]), seenOfEntry(entry, "", NOW)]),
      );
      const merged = mergedWith(list, arriving);
      for (const [place, [id, unread, due]] of merged.entries()) {
        const before = list[place];
        const other = arriving.get(tailOf(id));
        expect(due).toBe(before?.[2]);
        expect(unread).toBe(Math.min(before?.[1] ?? 0, other?.unread ?? 2));
        expect(id).toBe(other?.message_id ?? before?.[0]);
      }
    },
  );

  test.prop([entries])("changes where it must, and is the same list where nothing does", (list) => {
    const tails = new Set(
      list.filter((_entry, place) => place % 2 === 0).map(([id]) => tailOf(id)),
    );
    expect(
      settled(list, tails).every(([id, , due]) => due === null || !tails.has(tailOf(id))),
    ).toBe(true);
    const left = leftToOther(list, tails);
    expect(left.some(([id, unread]) => unread === 1 && tails.has(tailOf(id)))).toBe(false);
    const ids = new Map(
      list.map(([id]) => [tailOf(id), messageIdAt(NOW, "").slice(0, 20) + tailOf(id)]),
    );
    expect(renamed(list, ids).map(([id]) => id)).toEqual([...ids.values()]);
    for (const same of [
      settled(list, new Set()),
      leftToOther(list, new Set()),
      renamed(list, new Map(list.map(([id]) => [tailOf(id), id]))),
      withMark(list, ""),
      mergedWith(list, new Map()),
    ]) {
      expect(same).toBe(list);
    }
  });

  it("leaves for another object as read where the mark covers it", () => {
    const entry: SeenEntry = [messageIdAt(NOW, "1"), 1, null];
    expect(seenOfEntry(entry, entry[0], NOW).unread).toBe(0);
    expect(seenOfEntry(entry, "", NOW).unread).toBe(1);
    expect(entryOfSeen(seenOfEntry(entry, "", NOW))).toEqual(entry);
  });
});

import { env } from "cloudflare:workers";
import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect } from "vitest";
import { COUNT_MAX, countConversations } from "../../src/store/conversation-counts.ts";
import { type ConversationFilter, listConversations } from "../../src/store/conversation-lists.ts";
import {
  eraseConversations,
  patchConversation,
  redirectConversation,
} from "../../src/store/conversations.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { listWaiting } from "../../src/store/waiting-list.ts";
import { conversationRow, projectRows, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);

const CONVERSATIONS = 6;

const place = fc.nat(CONVERSATIONS - 1);

/** What may happen to a conversation, by its place among the others. */
const happening = fc.oneof(
  fc.record({
    kind: fc.constant("changes" as const),
    place,
    status: fc.constantFrom("pending", "active", "closed" as const),
    unread: fc.nat(2),
    waiting: fc.option(fc.nat(3), { nil: null }),
    at: fc.nat(3),
  }),
  fc.record({
    kind: fc.constant("is assigned" as const),
    place,
    assignee: fc.constantFrom("me", "other", "nobody"),
  }),
  fc.record({ kind: fc.constant("is merged" as const), place, into: place }),
  fc.record({ kind: fc.constant("is erased" as const), place }),
);

const views = (me: string): [string, ConversationFilter[]][] => [
  ["pending", [{ by: "status", status: "pending" }]],
  ["active", [{ by: "status", status: "active" }]],
  ["closed", [{ by: "status", status: "closed" }]],
  ["waiting", [{ by: "waiting" }]],
  ["mine", [{ by: "open" }, { by: "assignee", assignee: me }]],
  ["unread", [{ by: "unread" }]],
];

/** The ids of a whole list, by pages of this many. */
async function everyId(filters: ConversationFilter[], limit: number): Promise<string[]> {
  const isWaiting = filters.some(({ by }) => by === "waiting");
  const ids: string[] = [];
  let last: Awaited<ReturnType<typeof listConversations>>[number] | undefined;
  for (;;) {
    const rows: Awaited<ReturnType<typeof listConversations>> = isWaiting
      ? await listWaiting(database, {
          filters,
          after:
            last === undefined ? null : { id: last.id, waiting_since: last.waiting_since ?? 0 },
          limit,
        })
      : await listConversations(database, { filters, after: last ?? null, limit });
    ids.push(...rows.map(({ id }) => id));
    last = rows.at(-1);
    if (rows.length < limit) return ids;
  }
}

describe("the counts of the views", () => {
  test.prop([fc.array(happening, { maxLength: 25 }), fc.constantFrom(1, 2, 100)], { numRuns: 25 })(
    "are the lengths of their lists, whatever happened",
    async (history, limit) => {
      const [me, other] = [unique("me-"), unique("other-")];
      const numbers = [unique("number-"), unique("number-")];
      const rows = Array.from({ length: CONVERSATIONS }, (_row, at) =>
        conversationRow({ phone_number_id: numbers[at % 2] ?? "" }),
      );
      const versions = rows.map(() => 1);
      await projectRows({ conversations: rows });
      for (const each of history) {
        const row = rows[each.place];
        if (row === undefined) continue;
        switch (each.kind) {
          case "changes": {
            const version = (versions[each.place] ?? 0) + 1;
            versions[each.place] = version;
            const { status, unread, waiting, at } = each;
            await projectRows({
              conversations: [
                {
                  ...row,
                  version,
                  status,
                  unread_count: unread,
                  waiting_since: waiting === null || status === "closed" ? null : waiting,
                  last_message_at: at,
                },
              ],
            });
            break;
          }
          case "is assigned": {
            const name = { me, other, nobody: null }[each.assignee];
            await patchConversation(
              database,
              row.id,
              { assignee: name, changed_by: me },
              Date.now(),
            );
            break;
          }
          case "is merged":
            if (each.into !== each.place) {
              await redirectConversation(database, row.id, rows[each.into]?.id ?? "");
            }
            break;
          case "is erased":
            await eraseConversations(database, [row.id]);
            break;
        }
      }
      const counts: Record<string, number> = await countConversations(database, me);
      for (const [view, filters] of views(me)) {
        const ids = await everyId(filters, limit);
        expect(new Set(ids).size).toBe(ids.length);
        expect([view, counts[view]]).toEqual([view, Math.min(ids.length, COUNT_MAX)]);
      }
      await eraseConversations(
        database,
        rows.map(({ id }) => id),
      );
    },
  );
});

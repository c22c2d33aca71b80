import { test } from "@fast-check/vitest";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ConversationFilter,
  type ConversationPosition,
  listConversations,
} from "../../src/store/conversation-lists.ts";
import {
  eraseConversations,
  findConversation,
  patchConversation,
} from "../../src/store/conversations.ts";
import { listWaiting } from "../../src/store/waiting-list.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { allRows, conversationRow, projectRows, unique } from "../support/store-rows.ts";

/** After all other tests' conversations, which share this database. */
const LATE = Date.UTC(2090, 0, 1);

const STATUSES = ["pending", "active", "closed"] as const;

/** More than one statement reads; the last one never has a conversation. */
const NUMBERS = 25;

/** Few values, so that times are equal and filters match several. */
const conversation = fc.record({
  number: fc.oneof(fc.nat(2), fc.nat(NUMBERS - 2)),
  status: fc.constantFrom(...STATUSES),
  unread: fc.nat(1),
  owner: fc.option(fc.constantFrom("client-1", "client-2"), { nil: null }),
  assignee: fc.option(fc.constantFrom("ana", "luis"), { nil: null }),
  waiting: fc.option(fc.nat(4), { nil: null }),
  at: fc.nat(6),
  written: fc.nat(4),
});

const asked = fc.record({
  number: fc.option(fc.oneof(fc.nat(2), fc.nat(NUMBERS - 1)), { nil: null }),
  status: fc.option(fc.constantFrom(...STATUSES), { nil: null }),
  isUnread: fc.boolean(),
  owner: fc.option(fc.constantFrom("client-1", "client-2", "nobody"), { nil: null }),
  isOpen: fc.boolean(),
  assignee: fc.option(fc.constantFrom("ana", "luis", "nobody", null), { nil: undefined }),
  assigneeToo: fc.option(fc.constantFrom("ana", null), { nil: undefined, freq: 1 }),
  after: fc.option(fc.record({ at: fc.nat(7), place: fc.nat(30) }), { nil: null }),
  written: fc.option(fc.nat(5), { nil: null }),
  limit: fc.integer({ min: 1, max: 12 }),
});

describe("a list of conversations by any filters", () => {
  test.prop([fc.array(conversation, { maxLength: 30 }), fc.array(asked, { minLength: 8 })], {
    numRuns: 40,
  })("shows what a sort of all that match shows", async (drawn, questions) => {
    const numbers = Array.from({ length: NUMBERS }, () => unique("number-"));
    const numberOf = (place: number) => numbers[place] ?? "";
    const owners = new Map(
      [null, "client-1", "client-2", "ana", "luis", "nobody"].map((name) => [name, unique("")]),
    );
    const rows = drawn.map((each) =>
      conversationRow({
        phone_number_id: numberOf(each.number),
        status: each.status,
        unread_count: each.unread,
        last_message_at: LATE + each.at,
        waiting_since: each.waiting === null ? null : LATE + each.waiting,
        created_at: LATE,
        updated_at: LATE + each.written * WRITTEN_APART_MS,
      }),
    );
    await projectRows({ conversations: rows });
    const set = env.DB.prepare("UPDATE conversations SET owner = ?, assignee = ? WHERE id = ?");
    await env.DB.batch([
      set.bind(null, null, ""),
      ...drawn.map(({ owner, assignee }, place) =>
        set.bind(
          owner === null ? null : owners.get(owner),
          assignee === null ? null : owners.get(assignee),
          rows[place]?.id,
        ),
      ),
    ]);
    const stored = await allRows(
      `SELECT id, phone_number_id, status, unread_count, owner, assignee,
         waiting_since, last_message_at, created_at, updated_at
       FROM conversations ORDER BY +last_message_at DESC, +id DESC`,
    );
    const database = createDatabase(env.DB);
    for (const question of questions) {
      const { number, status, isUnread, owner, isOpen, limit } = question;
      const filters: ConversationFilter[] = [
        ...(isOpen ? [{ by: "open" } as const] : []),
        ...[question.assignee, question.assigneeToo].flatMap((assignee) =>
          assignee === undefined
            ? []
            : [
                {
                  by: "assignee",
                  assignee: assignee === null ? null : (owners.get(assignee) ?? ""),
                } as const,
              ],
        ),
        ...(isUnread ? [{ by: "unread" } as const] : []),
        ...(status === null ? [] : [{ by: "status", status } as const]),
        ...(owner === null ? [] : [{ by: "owner", owner: owners.get(owner) ?? "" } as const]),
        ...(number === null
          ? []
          : [{ by: "phone_number_id", phone_number_id: numberOf(number) } as const]),
      ];
      const after: ConversationPosition | null =
        question.after === null
          ? null
          : {
              last_message_at: LATE + question.after.at,
              id: rows[question.after.place]?.id ?? "",
            };
      const written =
        question.written === null
          ? null
          : { at: LATE + question.written * WRITTEN_APART_MS, among: "all" as const };
      const listing = { filters, after, written };
      // Without a number, other tests' conversations are among all of them.
      const expected = idsOfMatching(stored, listing);
      const listed = await listConversations(database, { ...listing, limit });
      expect(listed.map(({ id }) => id)).toEqual(expected.slice(0, limit));
      const position = { waiting_since: LATE + (question.after?.at ?? 0), id: after?.id ?? "" };
      const waiting = await listWaiting(database, {
        filters: [{ by: "waiting" }, ...filters],
        after: after === null ? null : position,
        limit,
      });
      expect(waiting.map(({ id }) => id)).toEqual(
        idsOfWaiting(stored, filters, after === null ? null : position).slice(0, limit),
      );
    }
  });
});

describe("a list of all business numbers", () => {
  const newest = async () => {
    const listing = { filters: [], after: null, limit: 1 };
    const [row] = await listConversations(createDatabase(env.DB), listing);
    return row?.id;
  };

  it("has a number from its first conversation to its last", async () => {
    const stay = conversationRow({ last_message_at: LATE * 2 });
    await projectRows({ conversations: [stay] });
    expect(await newest()).toBe(stay.id);
    const phone_number_id = unique("number-");
    const come = conversationRow({ phone_number_id, last_message_at: LATE * 2 + 1 });
    await projectRows({ conversations: [come] });
    expect(await newest()).toBe(come.id);
    await eraseConversations(createDatabase(env.DB), [come.id]);
    expect(await newest()).toBe(stay.id);
    await eraseConversations(createDatabase(env.DB), [stay.id]);
  });

  it("has each column of the row", async () => {
    const row = conversationRow({ last_message_at: LATE * 3, read_up_to: "msg_1" });
    const database = createDatabase(env.DB);
    await projectRows({ conversations: [row] });
    const change = { owner: "client-1", subject: "Luna", changed_by: "clinic" };
    await patchConversation(database, row.id, change, LATE);
    const [listed] = await listConversations(database, { filters: [], after: null, limit: 1 });
    expect(listed).toMatchObject({ id: row.id, ...change });
    expect(await findConversation(database, row.id)).toMatchObject(listed ?? {});
    await eraseConversations(database, [row.id]);
  });

  it("asks D1 once, and again only if it has other numbers", async () => {
    await projectRows({ conversations: [conversationRow({ last_message_at: LATE * 2 })] });
    await newest();
    const { database, record } = recordedD1(env.DB);
    const listing = { filters: [], after: null, limit: 1 };
    await listConversations(createDatabase(database), listing);
    expect(record.roundTrips).toBe(1);
    const phone_number_id = unique("number-");
    await projectRows({ conversations: [conversationRow({ phone_number_id })] });
    await listConversations(createDatabase(database), listing);
    expect(record.roundTrips).toBe(1 + 3);
    await listConversations(createDatabase(database), listing);
    expect(record.roundTrips).toBe(1 + 3 + 1);
  });
});

/** More than the time by which a change may reach D1 late. */
const WRITTEN_APART_MS = 2 * 60_000;
const MAX_LATE_MS = 60_000;

/** The ids of all that match, of the sorted rows of the whole table. */
function idsOfMatching(
  rows: readonly Record<string, unknown>[],
  {
    filters,
    after,
    written,
  }: {
    filters: readonly ConversationFilter[];
    after: ConversationPosition | null;
    written: { at: number } | null;
  },
): string[] {
  return rows
    .filter(
      (row) =>
        filters.every((filter) => {
          const { by, ...columns } = filter;
          if (by === "open") return row["status"] !== "closed";
          return by === "unread"
            ? Number(row["unread_count"]) > 0
            : Object.entries(columns).every(([column, value]) => row[column] === value);
        }) &&
        (after === null ||
          Number(row["last_message_at"]) < after.last_message_at ||
          (row["last_message_at"] === after.last_message_at && String(row["id"]) < after.id)) &&
        (written === null ||
          (Number(row["updated_at"]) >= written.at - MAX_LATE_MS &&
            Number(row["created_at"]) <= written.at)),
    )
    .map(({ id }) => String(id));
}

/** The same for those that wait, longest first. */
function idsOfWaiting(
  rows: readonly Record<string, unknown>[],
  filters: readonly ConversationFilter[],
  after: { waiting_since: number; id: string } | null,
): string[] {
  const matching = new Set(idsOfMatching(rows, { filters, after: null, written: null }));
  return rows
    .flatMap(({ id, waiting_since: since }) =>
      typeof since === "number" && matching.has(String(id)) ? [{ id: String(id), since }] : [],
    )
    .filter(
      ({ id, since }) =>
        after === null ||
        since > after.waiting_since ||
        (since === after.waiting_since && id > after.id),
    )
    .toSorted((one, other) => one.since - other.since || (one.id < other.id ? -1 : 1))
    .map(({ id }) => id);
}

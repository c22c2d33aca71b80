/** That what erases, exports and lets go finds its rows by an index, however long the tables are. */
import { describe, expect, test } from "vitest";
import { findContacts } from "../../src/store/contacts.ts";
import { eraseConversations, listMergedInto } from "../../src/store/conversations.ts";
import { listBusinessNumbers } from "../../src/store/business-numbers.ts";
import type { Database } from "../../src/store/d1.ts";
import { listErased, rememberErased } from "../../src/store/erasures.ts";
import {
  eraseMessages,
  listFilesOf,
  listKeysOf,
  listOwnMessageIds,
  listOwnMessages,
  listStatusesOf,
} from "../../src/store/person.ts";
import { eraseStatuses } from "../../src/store/statuses.ts";
import {
  eraseOldAccountEvents,
  eraseOldDeadLetters,
  expireErasures,
  listOldFiles,
  listOldMessages,
  listSilentConversations,
} from "../../src/store/upkeep.ts";
import { plansOf } from "../support/query-plans.ts";

/** A table or its primary key from end to end; the partial indexes of the few may be. */
const WHOLE_TABLE =
  /SCAN (?:messages|m|c|message_statuses|s|conversations|contacts|media|merged_conversations|merged|erasures|account_events|dead_letters|other)(?: USING PRIMARY KEY)?$/;

const NOBODY = { of: "conversation", id: "nobody" } as const;
const IN_GROUPS = { of: "participant", identities: ["nobody"] } as const;
const PAGE = { after: "", limit: 10 };

const work: [string, string | null, (database: Database) => Promise<unknown>][] = [
  ["listing business numbers", "conversations_in_lists", listBusinessNumbers],
  ["what became part", "merged_conversations_by_target", (db) => listMergedInto(db, ["a"])],
  [
    "a conversation's page",
    "messages USING PRIMARY KEY (conversation_id=?",
    (db) => listOwnMessages(db, NOBODY, PAGE),
  ],
  ["a member's page", "messages_of_participants", (db) => listOwnMessages(db, IN_GROUPS, PAGE)],
  ["a member's messages", "messages_of_participants", (db) => listOwnMessageIds(db, IN_GROUPS, 10)],
  ["their statuses", null, (db) => listStatusesOf(db, ["a"])],
  ["their files", "messages_by_media", (db) => listFilesOf(db, ["a"], { withReceived: true })],
  ["their keys", null, (db) => listKeysOf(db, ["a"], 0)],
  ["taking them away", null, (db) => eraseMessages(db, ["a"], ["b"])],
  ["a member's statuses", "message_statuses_of_participants", (db) => eraseStatuses(db, ["a"])],
  ["statuses that wait", "message_statuses_orphaned", (db) => eraseStatuses(db, ["a"])],
  ["contacts", null, (db) => findContacts(db, ["a"])],
  ["conversations", "merged_conversations_by_target", (db) => eraseConversations(db, ["a"])],
  ["who was erased", null, (db) => listErased(db, ["a"])],
  ["remembering it", null, (db) => rememberErased(db, [{ id: "a", version: 0, erased_at: 0 }])],
  ["forgetting it", "erasures_by_time", (db) => expireErasures(db, 1)],
  ["old messages", "conversations_by_oldest", (db) => listOldMessages(db, 1, 1)],
  ["old files", "messages_by_media", (db) => listOldFiles(db, 1)],
  ["old account events", "account_events_by_time", (db) => eraseOldAccountEvents(db, 1)],
  ["old dead letters", null, (db) => eraseOldDeadLetters(db, 1)],
  ["silent conversations", "conversations_in_lists", (db) => listSilentConversations(db, 1)],
];

describe("a look-up", () => {
  test.each(work)("for %s uses %s and reads no table whole", async (_what, index, ask) => {
    const plan = await plansOf(ask);
    expect(plan.filter((step) => WHOLE_TABLE.test(step))).toEqual([]);
    expect(plan.join("\n")).toContain(index ?? "");
  });
});

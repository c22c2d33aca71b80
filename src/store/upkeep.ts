/** Rows whose time has come, in bounded steps. */
import { and, asc, eq, isNull, lt, sql } from "drizzle-orm";
import { lowestMessageId } from "../messages/message-id.ts";
import type { Database } from "./database.ts";
import { conversations, erasures, messages, messageStatuses } from "./schema.ts";

/** Rows a step changes, so that none holds D1's one thread for long. */
const ROWS_AT_ONCE = 500;

export type StaleClaim = {
  id: string;
  conversation_id: string;
  send_options: string;
  phone: string | null;
  user_id: string | null;
};

/** Claims whose object never reported anything. */
export async function listStaleClaims(database: Database, before: number): Promise<StaleClaim[]> {
  const rows = await database
    .select({
      id: messages.id,
      conversation_id: messages.conversation_id,
      send_options: messages.send_options,
      phone: conversations.phone,
      user_id: conversations.user_id,
    })
    .from(messages)
    .innerJoin(conversations, eq(conversations.id, messages.conversation_id))
    .where(and(isUnsettled("pending"), lt(messages.id, lowestMessageId(before))))
    .orderBy(asc(messages.id))
    .limit(ROWS_AT_ONCE);
  return rows.flatMap(({ send_options, ...row }) =>
    send_options === null ? [] : [{ ...row, send_options }],
  );
}

/** Ids of unconfirmed sends that no status ever spoke of. */
export async function listUnconfirmed(database: Database, before: number): Promise<string[]> {
  const rows = await database
    .select({ id: messages.id })
    .from(messages)
    .where(
      and(
        isUnsettled("unconfirmed"),
        isNull(messages.meta_status),
        lt(messages.id, lowestMessageId(before)),
        // A scheduled one left long after its id was made.
        sql`coalesce(${messages.send_at}, 0) < ${before}`,
      ),
    )
    .limit(ROWS_AT_ONCE);
  return rows.map(({ id }) => id);
}

/** They failed, unless word of one came just now. */
export async function failUnconfirmed(
  database: Database,
  ids: readonly string[],
  now: number,
): Promise<number> {
  const error = {
    code: "unconfirmed",
    detail:
      "Meta's answer was lost, and no status came within 24 hours: it was most likely not sent.",
  };
  const result = await database
    .update(messages)
    .set({ state: "failed", failed_at: now, error: JSON.stringify(error) })
    .where(
      and(
        sql`${messages.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
        eq(messages.state, "unconfirmed"),
        isNull(messages.meta_status),
      ),
    );
  return result.meta.changes;
}

/** Forgets statuses whose message never came. */
export async function expireOrphanedStatuses(database: Database, before: number): Promise<number> {
  const result = await database.run(sql`
    DELETE FROM ${messageStatuses} WHERE (wamid, status, participant, phone_number_id) IN (
      SELECT wamid, status, participant, phone_number_id FROM ${messageStatuses}
      WHERE message_id IS NULL AND received_at < ${before} LIMIT ${ROWS_AT_ONCE})`);
  return result.meta.changes;
}

/** Forgets that something was erased, once nothing of before can arrive any more. */
export async function expireErasures(database: Database, before: number): Promise<number> {
  const result = await database.run(sql`
    DELETE FROM ${erasures} WHERE id IN (
      SELECT id FROM ${erasures} WHERE erased_at < ${before} LIMIT ${ROWS_AT_ONCE})`);
  return result.meta.changes;
}

/** Drops rows that were made for a send whose conversation turned out to be another. */
export async function dropUnspokenConversations(
  database: Database,
  before: number,
): Promise<number> {
  const result = await database.run(sql`
    DELETE FROM ${conversations} WHERE id IN (
      SELECT id FROM ${conversations} AS unspoken
      WHERE version = 0 AND created_at < ${before}
        AND NOT EXISTS (SELECT 1 FROM ${messages} WHERE conversation_id = unspoken.id)
      LIMIT ${ROWS_AT_ONCE})`);
  return result.meta.changes;
}

// Written out, not bound: only so does SQLite choose the partial index.
function isUnsettled(state: "pending" | "unconfirmed") {
  return state === "pending"
    ? sql`${messages.state} IN ('pending', 'unconfirmed') AND ${messages.state} = 'pending'`
    : sql`${messages.state} IN ('pending', 'unconfirmed') AND ${messages.state} = 'unconfirmed'`;
}

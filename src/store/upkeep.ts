/** Clean-up in D1, in bounded steps: unsettled sends, expired rows, and data past its retention. */
import { lowestId, lowestMessageId } from "../lib/ids.ts";
import { NUMBERS } from "./business-numbers.ts";
import { runLogged, selectChanged } from "./change-log.ts";
import { type Database, runBatch } from "./d1.ts";
import { IDEMPOTENCY_KEY_LIFE_MS } from "./idempotency-keys.ts";
import { hasIdIn } from "./message-keys.ts";
import { listOf, sql, type SQL } from "./sql.ts";

/** Rows that a step changes: a longer step would block D1's single thread. */
const ROWS_AT_ONCE = 500;

export type StaleClaim = {
  id: string;
  conversation_id: string;
  send_options: string;
  phone: string | null;
  user_id: string | null;
  group_id: string | null;
};

/** Claims whose object reported no state. */
export async function listStaleClaims(database: Database, before: number): Promise<StaleClaim[]> {
  const rows = await database.all<
    Omit<StaleClaim, "send_options"> & { send_options: string | null }
  >(sql`
    SELECT m.id, m.conversation_id, m.send_options, c.phone, c.user_id, c.group_id
    FROM messages AS m JOIN conversations AS c ON c.id = m.conversation_id
    WHERE ${isUnsettled("pending")} AND m.id < ${lowestMessageId(before)}
    ORDER BY m.id LIMIT ${ROWS_AT_ONCE}`);
  return rows.flatMap(({ send_options, ...row }) =>
    send_options === null ? [] : [{ ...row, send_options }],
  );
}

/** Unconfirmed sends without any status. */
export async function listUnconfirmed(
  database: Database,
  before: number,
): Promise<{ id: string; conversation_id: string }[]> {
  // A message may be sent long after the time of its id; Workers of 0.1.0 kept the time of scheduled ones alone.
  return database.all(sql`
    SELECT m.id, m.conversation_id FROM messages AS m
    WHERE ${isUnsettled("unconfirmed")} AND m.meta_status IS NULL
      AND m.id < ${lowestMessageId(before)} AND coalesce(m.failed_at, m.send_at, 0) < ${before}
    LIMIT ${ROWS_AT_ONCE}`);
}

/** Marks these sends as failed, unless a status has arrived in the meantime. */
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
  if (ids.length === 0) return 0;
  const update = sql`
    UPDATE messages SET state = 'failed', failed_at = ${now}, error = ${JSON.stringify(error)}
    WHERE ${hasIdIn("messages", sql`${JSON.stringify(ids)}`)}
      AND state = 'unconfirmed' AND meta_status IS NULL`;
  const [result] = await runLogged(database, [update], { messages: ids });
  return result?.meta.changes ?? 0;
}

/** Deletes statuses whose message never arrived. */
export async function expireOrphanedStatuses(database: Database, before: number): Promise<number> {
  const result = await database.run(sql`
    DELETE FROM message_statuses WHERE (wamid, status, participant, phone_number_id) IN (
      SELECT wamid, status, participant, phone_number_id FROM message_statuses
      WHERE message_id IS NULL AND received_at < ${before} LIMIT ${ROWS_AT_ONCE})`);
  return result.meta.changes;
}

/** Deletes erasures once no older data can arrive any more. */
export async function expireErasures(database: Database, before: number): Promise<number> {
  const result = await database.run(sql`
    DELETE FROM erasures WHERE id IN (
      SELECT id FROM erasures WHERE erased_at < ${before} LIMIT ${ROWS_AT_ONCE})`);
  return result.meta.changes;
}

/** Deletes placeholder rows: their claim went to another conversation. */
export async function dropPlaceholders(database: Database, before: number): Promise<number> {
  const some = sql`
    FROM (
      SELECT id FROM conversations AS placeholder
      WHERE version = 0 AND created_at < ${before}
        AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation_id = placeholder.id)
      ORDER BY created_at, id LIMIT ${ROWS_AT_ONCE})`;
  const drop = sql`DELETE FROM conversations WHERE id IN (SELECT id ${some})`;
  const [result] = await runLogged(database, [drop], {}, [
    selectChanged("conversation", "id", some),
  ]);
  return result?.meta.changes ?? 0;
}

// Literals instead of parameters: otherwise SQLite does not choose the partial index.
function isUnsettled(state: "pending" | "unconfirmed"): SQL {
  return state === "pending"
    ? sql`m.state IN ('pending', 'unconfirmed') AND m.state = 'pending'`
    : sql`m.state IN ('pending', 'unconfirmed') AND m.state = 'unconfirmed'`;
}

/** Conversations that a step deletes: each needs a call of its object. */
const CONVERSATIONS_AT_ONCE = 50;

type OldMessage = {
  id: string;
  conversation_id: string;
  /** 1 if the customer sent it and staff never read it. */
  unread: number;
};

/** Conversations searched in one step: one index entry and one message each. */
const CONVERSATIONS_SEARCHED = 10_000;

/**
 * The messages before a time, without those still to be sent or due later, and those that a living key may
 * stand for.
 * Messages have no index by time: each conversation has its oldest message's id as of the last search,
 * and only those with an older one are searched again.
 */
export async function listOldMessages(
  database: Database,
  before: number,
  now: number,
): Promise<OldMessage[]> {
  const end = lowestMessageId(before);
  const oldest = sql`coalesce(
    (SELECT min(id) FROM messages WHERE conversation_id = conversations.id),
    ${lowestMessageId(now)})`;
  const [, found] = await runBatch(database, [
    sql`
      UPDATE conversations SET messages_from = ${oldest}
      WHERE id IN (
          SELECT id FROM conversations WHERE messages_from < ${end}
          ORDER BY messages_from, id LIMIT ${CONVERSATIONS_SEARCHED})
        AND messages_from <> ${oldest}`,
    sql`
      SELECT m.id, m.conversation_id,
        m.direction = 'inbound' AND m.id > coalesce(c.read_up_to, '') AS unread
      FROM conversations AS c CROSS JOIN messages AS m
      WHERE c.messages_from > '' AND c.messages_from < ${end}
        AND m.conversation_id = c.id AND m.id < ${end}
        AND (m.state NOT IN ('pending', 'scheduled', 'queued') OR m.expires_at < ${before})
        AND coalesce(m.send_at, 0) < ${before}
        AND (m.request_hash IS NULL OR m.id < ${lowestMessageId(now - IDEMPOTENCY_KEY_LIFE_MS)})
      ORDER BY c.messages_from, c.id LIMIT ${ROWS_AT_ONCE}`,
  ]);
  // The columns of our own statement.
  return (found?.results ?? []) as OldMessage[]; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/** Ids of files that no message carries. */
export async function listOldFiles(database: Database, before: number): Promise<string[]> {
  const rows = await database.all<{ id: string }>(sql`
    SELECT id FROM media
    WHERE id < ${lowestId("med_", before)}
      AND NOT EXISTS (
        SELECT 1 FROM messages
        WHERE messages.media_id IS NOT NULL AND messages.media_id = media.id)
    ORDER BY id LIMIT ${ROWS_AT_ONCE}`);
  return rows.map(({ id }) => id);
}

export async function eraseFiles(database: Database, ids: readonly string[]): Promise<void> {
  await runBatch(database, [sql`DELETE FROM media WHERE id IN ${listOf(ids)}`]);
}

/** Returns the number of deleted rows. */
export async function eraseOldAccountEvents(database: Database, before: number): Promise<number> {
  return eraseWithParts(
    database,
    "account_events",
    sql`SELECT id FROM account_events WHERE received_at < ${before}
        ORDER BY received_at, id LIMIT ${ROWS_AT_ONCE}`,
  );
}

/** Returns the number of deleted rows. */
export async function eraseOldDeadLetters(database: Database, before: number): Promise<number> {
  return eraseWithParts(
    database,
    "dead_letters",
    sql`SELECT id FROM dead_letters WHERE id < ${lowestId("ded_", before)}
        ORDER BY id LIMIT ${ROWS_AT_ONCE}`,
  );
}

async function eraseWithParts(
  database: Database,
  table: "account_events" | "dead_letters",
  ids: SQL,
): Promise<number> {
  const [, erased] = await runBatch(database, [
    sql`DELETE FROM oversized_values WHERE owner_id IN (${ids})`,
    sql`DELETE FROM ${sql.raw(table)} WHERE id IN (${ids})`,
  ]);
  return erased?.meta.changes ?? 0;
}

/** Ids of conversations without activity since a time and without a message left. */
export async function listSilentConversations(
  database: Database,
  before: number,
): Promise<string[]> {
  const rows = await database.all<{ id: string }>(sql`
    WITH RECURSIVE ${NUMBERS}
    SELECT c.id FROM numbers
      CROSS JOIN json_each('["pending", "active", "closed"]') AS status
      CROSS JOIN json_each('[0, 1]') AS unread CROSS JOIN json_each('[0, 1]') AS unassigned
      CROSS JOIN conversations AS c
    WHERE c.phone_number_id = numbers.number AND c.status = status.value
      AND (c.unread_count > 0) = unread.value AND (c.assignee IS NULL) = unassigned.value
      AND c.last_message_at < ${before}
      AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation_id = c.id)
    LIMIT ${CONVERSATIONS_AT_ONCE}`);
  return rows.map(({ id }) => id);
}

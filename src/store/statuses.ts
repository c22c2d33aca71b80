/**
 * Statuses from Meta, and the states that conversation objects report of their sends, in D1. A
 * message's columns are recomputed from all of its recorded statuses, so the result is the same in
 * every order of arrival and after every repetition.
 */
import { runLogged, selectChanged } from "./change-log.ts";
import { survivorOf } from "./conversations.ts";
import { type Database, runBatch, statementOf, statementsOf } from "./d1.ts";
import {
  hasId,
  isNamed,
  IS_SENT_AS_INPUT,
  MESSAGE_KEY,
  messagesById,
  messagesSentAs,
} from "./message-keys.ts";
import type { StatusToRecord } from "./message-status.ts";
import { namingOf, newlyNamed, type NewlyNamed, selectNewlyNamed } from "./newly-named.ts";
import { jsonChunks } from "./rows.ts";
import { eachOf, insertInto, listOf, sql, type SQL } from "./sql.ts";

/**
 * sent < failed < delivered < read < played: `failed` can follow `sent`, and `delivered` may never come.
 * An unknown value ranks below all of these, and above our own states.
 */
export const STATUS_RANK = sql`CASE status
  WHEN 'sent' THEN 1 WHEN 'failed' THEN 2 WHEN 'delivered' THEN 3
  WHEN 'read' THEN 4 WHEN 'played' THEN 5 ELSE 0 END`;

/**
 * The statement that recomputes the messages from their statuses. It ignores a payload nested deeper
 * than SQLite reads: that one must not block the others.
 *
 * @param keys selects the keys of the messages concerned
 */
function recomputeStatuses(keys: SQL): SQL {
  const ownStatuses = sql`
    message_statuses AS s
    WHERE s.wamid = messages.wamid AND s.phone_number_id = messages.phone_number_id`;
  const payload = sql`CASE WHEN json_valid(s.payload) THEN s.payload END`;
  return sql`
    UPDATE messages SET
      (meta_status, meta_error) = (
        SELECT status, CASE status WHEN 'failed' THEN ${payload} -> '$.errors[0]' END FROM ${ownStatuses}
        ORDER BY ${STATUS_RANK} DESC, at DESC, status, participant LIMIT 1),
      pricing = (
        SELECT ${payload} -> '$.pricing' AS price FROM ${ownStatuses}
        ORDER BY price IS NULL, at DESC, status, participant LIMIT 1),
      (sent_at, delivered_at, read_at, meta_failed_at) = (
        SELECT
          min(CASE status WHEN 'sent' THEN at END),
          coalesce(
            min(CASE status WHEN 'delivered' THEN at END),
            min(CASE WHEN status IN ('read', 'played') THEN at END)),
          min(CASE WHEN status IN ('read', 'played') THEN at END),
          min(CASE status WHEN 'failed' THEN at END)
        FROM ${ownStatuses})
    WHERE ${MESSAGE_KEY} IN (${keys}) AND EXISTS (SELECT 1 FROM ${ownStatuses})`;
}

/**
 * Statements for messages whose wamid may have just become known, to run in order in one batch: they
 * assign the waiting statuses to the messages.
 *
 * @param keys selects the keys of the messages concerned
 */
export function adoptStatuses(keys: SQL): SQL[] {
  return [
    sql`
      UPDATE message_statuses SET message_id = m.id
      FROM messages AS m
      WHERE (m.conversation_id, m.id) IN (${keys}) AND message_statuses.wamid = m.wamid
        AND message_statuses.phone_number_id = m.phone_number_id
        AND message_statuses.message_id IS NULL`,
    recomputeStatuses(keys),
  ];
}

type RecordedStatuses = {
  known: KnownStatus[];
  /** The statuses with a new address of a person. */
  named: NewlyNamed[];
};

/** A status whose message is known. */
export type KnownStatus = { message_id: string; status: string; participant: string; at: number };

/**
 * Records the statuses and recomputes their messages. A status without a known message waits as a row,
 * unless its person was erased: that message will never be known. Returns the statuses whose message is
 * known, together with all that waited for a message without a confirmation, and the new addresses of
 * people. Idempotent; throws what D1 throws.
 */
export async function recordStatuses(
  database: Database,
  statuses: readonly StatusToRecord[],
): Promise<RecordedStatuses> {
  if (statuses.length === 0) return { known: [], named: [] };
  const naming = jsonChunks(namingOf(statuses));
  const claims = jsonChunks(statuses.filter(({ message_id }) => message_id !== null).map(keyOf));
  const keys = jsonChunks(statuses.map(keyOf));
  const inserts = jsonChunks(statuses.map(rowOf)).map(insertStatuses);
  const first = [...naming.map(selectNewlyNamed), ...claims.map(claimWamids), ...inserts];
  const statements = [...first, ...keys.flatMap(adoptOfWamids), ...keys.map(selectKnown)];
  // SQLite knows whether the last statement changed anything: a body that comes again changes nothing.
  const isNews = inserts.length === 1 ? sql`changes() > 0` : sql`true`;
  const changed = keys.map((rows) =>
    selectChanged(
      "message",
      "m.id",
      sql`
        FROM json_each(${rows}) AS input CROSS JOIN messages AS m
        WHERE ${IS_SENT_AS_INPUT} AND (${isNews} OR EXISTS (
          SELECT 1 FROM message_statuses AS waiting
          WHERE waiting.wamid = m.wamid AND waiting.phone_number_id = m.phone_number_id
            AND waiting.message_id IS NULL))`,
    ),
  );
  const results = await runLogged(database, statements, {}, changed, first.length);
  return {
    known: knownStatuses(results.slice(-keys.length)),
    named: newlyNamed(results.slice(0, naming.length)),
  };
}

/** What most statements need: the payloads go to D1 once. */
function keyOf({ wamid, phone_number_id, status, participant, at, message_id }: StatusToRecord) {
  return { wamid, phone_number_id, status, participant, at, message_id };
}

function rowOf(status: StatusToRecord) {
  const { wamid, phone_number_id, participant, at, received_at, payload, erasure_ids } = status;
  return {
    wamid,
    phone_number_id,
    status: status.status,
    participant,
    at,
    received_at,
    payload,
    erasure_ids,
  };
}

/** The rows of `selectKnown` and `statusesOf`. */
export function knownStatuses(results: readonly D1Result[]): KnownStatus[] {
  // The columns of our own statements.
  return results.flatMap(({ results: rows }) => rows as KnownStatus[]); // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/** Every status of the messages with these ids (a JSON list), oldest first. */
export const statusesOf = statementOf((ids) => inOrder(statusesOfMessages(messagesById(ids))));

function statusesOfMessages(keys: SQL): SQL {
  return sql`
    SELECT m.id AS message_id, s.status, s.participant, s.at
    FROM messages AS m CROSS JOIN message_statuses AS s
    WHERE (m.conversation_id, m.id) IN (${keys}) AND s.wamid = m.wamid AND s.phone_number_id = m.phone_number_id`;
}

/** By time, and within one second in their usual order. */
function inOrder(statuses: SQL): SQL {
  return sql`SELECT * FROM (${statuses}) ORDER BY at, ${STATUS_RANK}`;
}

/** Deletes the waiting statuses of this person, and those of the person in groups. */
export async function eraseStatuses(
  database: Database,
  identities: readonly string[],
): Promise<void> {
  const wanted = listOf(identities);
  const key = sql`wamid, status, participant, phone_number_id`;
  await runBatch(database, [
    // SQLite can't read a payload that nests too deep; such a row expires.
    sql`
      DELETE FROM message_statuses WHERE (${key}) IN (
        SELECT ${key} FROM message_statuses
        WHERE message_id IS NULL AND json_valid(payload)
          AND (payload ->> 'recipient_id' IN ${wanted}
            OR payload ->> 'recipient_user_id' IN ${wanted}))`,
    sql`
      DELETE FROM message_statuses WHERE (${key}) IN (
        SELECT ${key} FROM message_statuses
        WHERE participant <> '' AND participant IN ${wanted})`,
  ]);
}

/**
 * The waiting statuses of a message are reported when its object records the wamid. If Meta's answer
 * was lost, the object never does: then each new status reports all statuses of the message.
 */
const selectKnown = statementOf((rows) =>
  inOrder(sql`
    SELECT m.id AS message_id, input.value ->> 'status' AS status,
      input.value ->> 'participant' AS participant, input.value ->> 'at' AS at
    FROM json_each(${rows}) AS input CROSS JOIN messages AS m
    WHERE ${IS_SENT_AS_INPUT}
    UNION
    ${statusesOfMessages(sql`${messagesSentAs(rows)} AND m.state <> 'accepted'`)}`),
);

/**
 * A status may arrive with our id before the answer to the send brings the wamid. IGNORE skips a
 * status that claims another message's wamid: it must not block the others.
 */
const claimWamids = statementOf(
  (rows) => sql`
    UPDATE OR IGNORE messages SET wamid = input.wamid
    FROM (
      SELECT value ->> 'message_id' AS id, value ->> 'wamid' AS wamid,
        value ->> 'phone_number_id' AS phone_number_id
      FROM json_each(${rows})) AS input
    WHERE ${hasId("messages", sql`input.id`)} AND messages.phone_number_id = input.phone_number_id
      AND messages.wamid IS NULL AND messages.direction = 'outbound'`,
);

/** Of two reports with different times the earliest counts, in any order of arrival. */
const insertStatuses = statementOf((rows) =>
  insertInto(
    "message_statuses",
    "wamid, status, participant, phone_number_id, message_id, at, payload, received_at",
    sql`
      FROM ${eachOf(rows)} AS input LEFT JOIN messages AS m ON ${IS_SENT_AS_INPUT}
      WHERE m.id IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(input.value, '$.erasure_ids') AS named CROSS JOIN erasures
        WHERE erasures.id = named.value)
      ON CONFLICT DO UPDATE SET at = excluded.at, payload = excluded.payload
      WHERE (excluded.at, excluded.payload) < (message_statuses.at, message_statuses.payload)`,
    { message_id: sql`m.id` },
  ),
);

const adoptOfWamids = statementsOf((rows) => adoptStatuses(messagesSentAs(rows)));

/** Whether the object's report is newer than the row. */
const IS_PROGRESS = sql`
  ${hasId("messages", sql`input.id`)} AND input.state_revision > messages.state_revision`;

/**
 * Statements for rows of SendProjection as JSON, to run in order in one batch: they write the states,
 * and assign the statuses that arrived before their wamid was known. If an echo brought the wamid
 * first, the echo keeps it: one wamid is one row.
 */
export const recordSends = statementsOf((rows) => [
  // A statement of its own: an update that names a column of the key writes every index again. The
  // Worker may have kept the message for upkeep before its object gave it its place.
  sql`
    UPDATE messages SET conversation_id = input.conversation_id, id = input.id
    FROM (${reported(rows)}) AS input
    WHERE ${isNamed("messages", sql`input.id`)} AND messages.direction = 'outbound'
      AND input.state_revision > messages.state_revision
      AND (messages.conversation_id <> input.conversation_id OR messages.id <> input.id)`,
  sql`
    UPDATE messages SET
      state = input.state, error = input.error,
      failed_at = input.failed_at, state_revision = input.state_revision,
      wamid = coalesce(messages.wamid, CASE WHEN NOT EXISTS (
        SELECT 1 FROM messages AS other
        WHERE other.direction = 'outbound' AND other.wamid = input.wamid
          AND other.phone_number_id = messages.phone_number_id)
        THEN input.wamid END)
    FROM (${reported(rows)}) AS input
    WHERE ${IS_PROGRESS}`,
  ...adoptStatuses(
    messagesById(sql`(SELECT json_group_array(value ->> 'id') FROM json_each(${rows}))`),
  ),
]);

function reported(rows: SQL): SQL {
  return sql`
    SELECT value ->> 'id' AS id,
      ${survivorOf(sql`value ->> 'conversation_id'`)} AS conversation_id,
      value ->> 'state' AS state, value ->> 'error' AS error, value ->> 'wamid' AS wamid,
      value ->> 'failed_at' AS failed_at, value ->> 'state_revision' AS state_revision
    FROM json_each(${rows})`;
}

/** Messages of ours in D1: their rows, which objects bring whole, and what became of them. */
import { MINUTE_MS } from "../lib/time.ts";
import { runLogged, selectChanged } from "./change-log.ts";
import { survivorOf } from "./conversations.ts";
import { type Database, type Statement, statementOf } from "./d1.ts";
import { isSinceErased } from "./erasures.ts";
import { isNamed, ON_KNOWN_SEND } from "./message-keys.ts";
import { type MessageRow, shownByIds, shownRows } from "./messages.ts";
import { jsonChunks } from "./rows.ts";
import { eachOf, insertInto, member, sql, type SQL } from "./sql.ts";
import { type KnownStatus, knownStatuses, recordSends, statusesOf } from "./statuses.ts";
import { derive } from "./targeting.ts";

/** What the row of an outbound message shows besides its progress, by the column names of `messages`. */
export type SendDetails = {
  phone_number_id: string;
  type: string;
  body: string;
  payload: string;
  media_id: string | null;
  target_wamid: string | null;
  metadata: string | null;
  biz_opaque_callback_data: string | null;
  sent_by: string | null;
  request_hash: string | null;
  send_options: string;
  resend_of: string | null;
  fallback_of: string | null;
  send_at: number | null;
  expires_at: number;
  created_at: number;
};

/** One message's progress, by the column names of `messages`. */
export type SendProjection = {
  id: string;
  /** For a message that D1 may lack; absent where a Worker of 0.1.0 inserted the row. */
  details?: SendDetails;
  /** Whether the insert alone is expected to write it: D1 is not known to have the row. */
  is_new?: boolean;
  conversation_id: string;
  state_revision: number;
  state: string;
  wamid: string | null;
  /** JSON text. */
  error: string | null;
  /** When it failed, or its outcome was lost: what is unconfirmed a day later has failed. */
  failed_at: number | null;
};

/**
 * Inserts the sends with details that D1 lacks, with their progress. If an echo brought the wamid first,
 * the echo keeps it: one wamid is one row. A message has one fallback at most.
 */
const insertSends = statementOf((rows) =>
  insertInto(
    "messages",
    `id, conversation_id, phone_number_id, direction, type, body, payload, media_id, target_wamid, metadata,
    biz_opaque_callback_data, sent_by, request_hash, send_options, resend_of, fallback_of, send_at, expires_at,
    created_at, state, state_revision, error, failed_at, wamid`,
    sql`
      FROM ${eachOf(rows)}
      WHERE value ->> 'created_at' IS NOT NULL
        AND ${isSinceErased(member("conversation_id"), member("created_at"))}
      ${ON_KNOWN_SEND}
      RETURNING id, conversation_id, wamid,
        (SELECT contact_name FROM conversations WHERE conversations.id = messages.conversation_id)
          AS contact_name,
        (SELECT stored_at FROM media WHERE media.id = media_id) AS media_stored_at,
        (SELECT error FROM media WHERE media.id = media_id) AS media_error,
        EXISTS (
          SELECT 1 FROM message_statuses AS by
          WHERE by.wamid = messages.wamid AND by.phone_number_id = messages.phone_number_id)
        OR EXISTS (
          SELECT 1 FROM messages AS by
          WHERE by.target_wamid = messages.wamid AND by.phone_number_id = messages.phone_number_id)
        AS is_awaited`,
    {
      conversation_id: survivorOf(member("conversation_id")),
      direction: sql`'outbound'`,
      wamid: sql`
        CASE WHEN NOT EXISTS (
          SELECT 1 FROM messages AS other
          WHERE other.direction = 'outbound' AND other.wamid = value ->> 'wamid'
            AND other.phone_number_id = value ->> 'phone_number_id')
        THEN value ->> 'wamid' END`,
    },
  ),
);

/** A send that D1 lacked. */
type InsertedSend = Pick<
  MessageRow,
  "id" | "conversation_id" | "wamid" | "media_stored_at" | "media_error"
> & {
  contact_name: string | null;
  /** 1 where a status of it, or a reaction to it, came before. */
  is_awaited: 0 | 1;
};

/**
 * Machines' clocks differ, and a message may stand some minutes later than it was made, behind a customer's
 * whose clock is ahead.
 */
const CLOCKS_DIFFER_MS = 10 * MINUTE_MS;

/**
 * A status may come before the row of a message whose answer from Meta was lost: then it waits, and names
 * the message by our id. Few statuses wait, and few answers are lost.
 */
const adoptWamids = statementOf(
  (rows) => sql`
    UPDATE OR IGNORE messages SET wamid = waiting.wamid
    FROM (
      SELECT input.value ->> 'id' AS id, s.wamid, s.phone_number_id
      FROM json_each(${rows}) AS input CROSS JOIN message_statuses AS s
      WHERE input.value ->> 'state' = 'unconfirmed' AND s.message_id IS NULL
        AND s.received_at >= input.value ->> 'created_at' - ${CLOCKS_DIFFER_MS}
        AND json_valid(s.payload)
        AND s.payload ->> 'biz_opaque_callback_data' = input.value ->> 'id') AS waiting
    WHERE ${isNamed("messages", sql`waiting.id`)} AND messages.direction = 'outbound'
      AND messages.phone_number_id = waiting.phone_number_id AND messages.wamid IS NULL`,
);

/**
 * Selects where D1 has sends under another id, which `projectSends` replaces: the Worker may have kept them
 * before their object gave them their place.
 */
export function placesReplaced(sends: readonly SendProjection[]): SQL[] {
  return areNew(sends) ? [] : placesOf(sends);
}

function placesOf(sends: readonly SendProjection[]): SQL[] {
  return jsonChunks(sends.map(({ id }) => id)).flatMap((ids) => {
    const elsewhere = sql`
      FROM json_each(${ids}) AS input CROSS JOIN messages AS m
      WHERE ${isNamed("m", sql`input.value`)} AND m.id <> input.value`;
    return [
      selectChanged("message", "m.id", elsewhere),
      selectChanged("conversation", "m.conversation_id", elsewhere),
    ];
  });
}

/** Sends as rows of JSON: what a message shows stands beside its progress. */
export function sendRows(sends: readonly SendProjection[]): string[] {
  return jsonChunks(sends.map(({ details, ...progress }) => ({ ...details, ...progress })));
}

/** The statements that bring sends into D1, for such rows, in one batch. */
export function projectSends(rows: string, sends: readonly SendProjection[]): Statement[] {
  if (areNew(sends)) return [insertSends(rows)];
  const isWhole = sends.some(({ details }) => details !== undefined);
  const isLost = isWhole && sends.some(({ state }) => state === "unconfirmed");
  return [
    ...(isWhole ? [insertSends(rows)] : []),
    ...(isLost ? [adoptWamids(rows)] : []),
    ...recordSends(rows),
  ];
}

/** Whether inserting them is likely to be all: the rest of the statements would find nothing to do. */
export function areNew(sends: readonly SendProjection[]): boolean {
  return sends.every(({ is_new = false, state }) => is_new && state !== "unconfirmed");
}

/** What a message shows of its conversation that the conversation's object knows. */
type Person = Omit<MessageRow["conversation"], "contact_name">;

/** The columns that Meta's reports fill, and those of other kinds of messages. */
const UNREPORTED = {
  direction: "outbound",
  participant: null,
  reactions: "[]",
  edited_body: null,
  revoked_at: null,
  idempotency_key: null,
  meta_status: null,
  meta_error: null,
  pricing: null,
  received_at: null,
  sent_at: null,
  delivered_at: null,
  read_at: null,
  meta_failed_at: null,
  media_stored_at: null,
  media_error: null,
} as const;

/** The row of a send that nobody has reported on, made of what is written; null without its details. */
export function rowOfSend(
  { details, is_new: _isNew, ...progress }: SendProjection,
  { phone, wa_id, user_id, username, profile_name, read_up_to }: Person,
  contact_name: string | null,
): MessageRow | null {
  if (details === undefined) return null;
  return {
    ...UNREPORTED,
    ...details,
    ...progress,
    conversation: { phone, wa_id, user_id, username, profile_name, read_up_to, contact_name },
  };
}

/** What D1 has of sends. */
type InD1 = { statuses: KnownStatus[]; shown: MessageRow[] };

/** What the first round trip brought of new sends. */
type FirstTrip = InD1 & {
  /** The results of their inserts. */
  written: readonly D1Result[];
  /** The conversations that D1 has as given. */
  known: ReadonlyMap<string, Person>;
};

/**
 * What D1 has of new sends after their insert. Where it had a row of one before, or a status or a reaction waited for
 * it, a second round trip records what the insert did not.
 */
export async function recordRest(
  database: Database,
  sends: readonly SendProjection[],
  { written, known, ...first }: FirstTrip,
): Promise<InD1> {
  // The columns of our own statement.
  const rows = written.flatMap(({ results }) => results as InsertedSend[]); // oxlint-disable-line typescript/no-unsafe-type-assertion
  const inserted = new Map(rows.map((row) => [row.id, row]));
  const settled = sends.flatMap((send) => {
    const row = inserted.get(send.id);
    if (row === undefined || row.is_awaited === 1) return [];
    const { contact_name, is_awaited: _isAwaited, ...columns } = row;
    const person = known.get(row.conversation_id);
    const made = person === undefined ? null : rowOfSend(send, person, contact_name);
    const selected = first.shown.find(({ id }) => id === send.id);
    return selected ?? (made === null ? [] : { ...made, ...columns });
  });
  if (settled.length === sends.length) return { ...first, shown: settled };
  const ids = jsonChunks(sends.map(({ id }) => id));
  const statements = [
    ...sendRows(sends).flatMap(recordSends),
    ...derive(
      [],
      sends.flatMap(({ wamid, details }) =>
        wamid === null || details === undefined
          ? []
          : [{ wamid, phone_number_id: details.phone_number_id }],
      ),
    ),
    ...ids.map(statusesOf),
    ...ids.map(shownByIds),
  ];
  const changed = { messages: sends.map(({ id }) => id) };
  const results = await runLogged(database, statements, changed, placesOf(sends));
  const selected = results.splice(results.length - ids.length);
  return {
    statuses: [...first.statuses, ...knownStatuses(results.slice(-ids.length))],
    shown: selected.flatMap(shownRows),
  };
}

/** Messages in D1: rows and lists. */
import { survivorOf } from "./conversations.ts";
import { type Database, statementOf } from "./d1.ts";
import { isOneOf, messagesById } from "./message-keys.ts";
import type { messages, messageStatuses } from "./schema.ts";
import { limitTo, sql, type SQL } from "./sql.ts";
import { STATUS_RANK } from "./statuses.ts";

type StoredMessage = typeof messages.$inferSelect;

/** A message with the columns of its conversation that its display needs. */
export type MessageRow = StoredMessage & {
  conversation: {
    phone: string | null;
    wa_id: string | null;
    user_id: string | null;
    username: string | null;
    profile_name: string | null;
    contact_name: string | null;
    read_up_to: string | null;
  };
  /** The state of its file. */
  media_stored_at: number | null;
  media_error: string | null;
};

export type StatusRow = Pick<
  typeof messageStatuses.$inferSelect,
  "status" | "at" | "participant" | "payload"
>;

/**
 * The columns of `SHOWN`. A row has one value for each name, so no joined column may have the name of a
 * message column.
 */
type ShownColumns = StoredMessage &
  MessageRow["conversation"] &
  Pick<MessageRow, "media_stored_at" | "media_error">;

const SHOWN = sql.raw(`
  SELECT messages.*, conversations.phone, conversations.wa_id, conversations.user_id,
    conversations.username, conversations.profile_name, conversations.contact_name,
    conversations.read_up_to, media.stored_at AS media_stored_at, media.error AS media_error
  FROM messages
  JOIN conversations ON conversations.id = messages.conversation_id
  LEFT JOIN media ON media.id = messages.media_id`);

/**
 * Messages with all that their display needs.
 *
 * @param which what follows FROM: a condition, an order, a limit
 */
export async function selectMessages(database: Database, which: SQL): Promise<MessageRow[]> {
  const rows = await database.all<ShownColumns>(shownMessages(which));
  return rows.map(messageRow);
}

/** The statement of `selectMessages`, for a batch. */
export function shownMessages(which: SQL): SQL {
  return sql`${SHOWN} ${which}`;
}

/** The rows of `shownMessages`. */
export function shownRows(result: D1Result | undefined): MessageRow[] {
  // The columns of our own statement.
  const rows = (result?.results ?? []) as ShownColumns[]; // oxlint-disable-line typescript/no-unsafe-type-assertion
  return rows.map(messageRow);
}

function messageRow(columns: ShownColumns): MessageRow {
  const { phone, wa_id, user_id, username, profile_name, contact_name, read_up_to, ...message } =
    columns;
  return {
    ...message,
    conversation: { phone, wa_id, user_id, username, profile_name, contact_name, read_up_to },
  };
}

/** The statement that selects the messages with these ids (a JSON list). */
export const shownByIds = statementOf((ids) =>
  shownMessages(sql`WHERE ${isOneOf(messagesById(ids))}`),
);

/** A page of a conversation, newest first; `after` is the last id of the page before. */
export async function listMessages(
  database: Database,
  conversationId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<MessageRow[]> {
  const isBehind = after === null ? sql`true` : sql`messages.id < ${after}`;
  return selectMessages(
    database,
    sql`
      WHERE messages.conversation_id = ${survivorOf(conversationId)} AND ${isBehind}
      ORDER BY messages.id DESC ${limitTo(limit)}`,
  );
}

/** The messages of a conversation after an id, oldest first. */
export async function listNewerMessages(
  database: Database,
  conversationId: string,
  { after, limit }: { after: string; limit: number },
): Promise<MessageRow[]> {
  return selectMessages(
    database,
    sql`
      WHERE messages.conversation_id = ${survivorOf(conversationId)} AND messages.id > ${after}
      ORDER BY messages.id ${limitTo(limit)}`,
  );
}

/** The newest message from the customer, up to an id if given. */
export async function newestInbound(
  database: Database,
  conversationId: string,
  upTo: string | null,
): Promise<MessageRow | null> {
  const isUpTo = upTo === null ? sql`true` : sql`messages.id <= ${upTo}`;
  const [row] = await selectMessages(
    database,
    sql`
      WHERE messages.conversation_id = ${conversationId} AND messages.direction = 'inbound'
        AND ${isUpTo}
      ORDER BY messages.id DESC LIMIT 1`,
  );
  return row ?? null;
}

/** The statuses of a message, oldest first, and those of one second in their usual order. */
export async function listStatuses(
  database: Database,
  { wamid, phone_number_id }: { wamid: string; phone_number_id: string },
): Promise<StatusRow[]> {
  return database.all(sql`
    SELECT status, at, participant, payload FROM message_statuses
    WHERE wamid = ${wamid} AND phone_number_id = ${phone_number_id}
    ORDER BY at, ${STATUS_RANK}, status`);
}

/** Messages in D1: claims and lists. */
import { lowestMessageId } from "../lib/ids.ts";
import { HOUR_MS } from "../lib/time.ts";
import { survivorOf } from "./conversations.ts";
import { type Database, runBatch } from "./d1.ts";
import { isSinceErased } from "./erasures.ts";
import { hasId, isOneOf, ON_KNOWN_MESSAGE } from "./message-keys.ts";
import { insertInto } from "./rows.ts";
import type { conversations, messages, messageStatuses } from "./schema.ts";
import { sql, type SQL } from "./sql.ts";
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

/** An outbound message to claim, and its conversation's row in case it is the first message. */
export type Claim = {
  message: typeof messages.$inferInsert;
  conversation: typeof conversations.$inferInsert | null;
  /** The id that records an erasure of its idempotency key; left out without a key. */
  erased_key_id?: string;
};

/** The API promises this life of an idempotency key. */
export const IDEMPOTENCY_KEY_LIFE_MS = 48 * HOUR_MS;

/**
 * The columns of `SHOWN`. A row has one value for each name, so no joined column may have the name of a
 * message column.
 */
type ShownColumns = StoredMessage &
  MessageRow["conversation"] &
  Pick<MessageRow, "media_stored_at" | "media_error">;

const intoConversations = insertInto("conversations");
const intoMessages = insertInto(
  "messages",
  { conversation_id: conversationOfAddress(sql`value ->> 'conversation_id'`) },
  ON_KNOWN_MESSAGE,
);

/** The conversation that a claimed message joins. */
const CLAIMED_CONVERSATION = conversationOfAddress(survivorOf(sql`value ->> 'conversation_id'`));

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

/**
 * Inserts the message unless its sender used the idempotency key in the last 48 hours, and returns the
 * row of this or the earlier message. Null if the person was erased since, or if the conversation has a
 * message with a greater id: this one may answer it, and must get an id after it.
 */
export async function claimMessage(database: Database, claim: Claim): Promise<MessageRow | null> {
  const rows = await claimMessages(database, [claim]);
  return rows[0] ?? null;
}

/** The same for many messages in their order, in one transaction. */
export async function claimMessages(
  database: Database,
  claims: readonly Claim[],
): Promise<(MessageRow | null)[]> {
  if (claims.length === 0) return [];
  const claimed = claims.map(({ message }) => message);
  // Idempotent: if the connection breaks, the same claims run once more.
  const results = await runBatch(database, [
    freeExpiredKeys(claimed),
    ...intoConversations(
      claims.flatMap(({ conversation, erased_key_id }) =>
        conversation === null
          ? []
          : [{ ...conversation, ...claimedOf(conversation), erased_key_id }],
      ),
      sql`${isClaimable("id")} AND ${conversationOfAddress(sql`value ->> 'id'`)} = value ->> 'id'`,
    ),
    ...intoMessages(
      claims.map(claimedRow),
      sql`${isClaimable("conversation_id")} AND NOT EXISTS (
        SELECT 1 FROM messages AS other
        WHERE other.conversation_id = ${CLAIMED_CONVERSATION} AND other.id > value ->> 'id')`,
    ),
    shownMessages(sql`WHERE ${isClaimed(claimed)}`),
  ]);
  const rows = shownRows(results.at(-1));
  const byId = new Map(rows.map((row) => [row.id, row]));
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return claimed.map((message) => byId.get(message.id) ?? byKey.get(keyOf(message)) ?? null);
}

/** The greatest message id of each claim's conversation, by conversation id; none if it is empty. */
export async function newestMessageIds(
  database: Database,
  claims: readonly Claim[],
): Promise<Map<string, string>> {
  const rows = await database.all<{ asked: string; id: string | null }>(sql`
    SELECT value ->> 'conversation_id' AS asked, (
      SELECT max(id) FROM messages WHERE conversation_id = ${CLAIMED_CONVERSATION}) AS id
    FROM json_each(${JSON.stringify(claims.map(placeOf))})`);
  return new Map(rows.flatMap(({ asked, id }) => (id === null ? [] : [[asked, id]])));
}

/** A claimed message with all members that the statements read. */
function claimedRow({ message, conversation, erased_key_id }: Claim) {
  return { ...message, ...claimedOf(conversation), erased_key_id };
}

/** The members of a claim that decide its conversation. */
function placeOf({ message, conversation }: Claim) {
  const { conversation_id, phone_number_id } = message;
  return { conversation_id, phone_number_id, ...claimedOf(conversation) };
}

/** The address that the caller named; nothing if the caller named the conversation. */
function claimedOf(conversation: Claim["conversation"]): { claimed_address?: string } {
  const address = conversation?.phone ?? conversation?.user_id;
  return address ? { claimed_address: address } : {};
}

/**
 * The conversation of a claim's address in D1, else the one that its object would begin. Using a known
 * one avoids a placeholder row, which would stay until the clean-up deletes it.
 */
function conversationOfAddress(own: SQL): SQL {
  const address = sql`value ->> 'claimed_address'`;
  const ofNumber = sql`phone_number_id = value ->> 'phone_number_id'`;
  const firstOwn = sql`ORDER BY conversations.id <> ${own} LIMIT 1`;
  return sql`coalesce(
    (SELECT conversations.id FROM conversations
     WHERE phone IS NOT NULL AND phone = ${address} AND ${ofNumber} AND version > 0 ${firstOwn}),
    (SELECT conversations.id FROM conversations
     WHERE user_id IS NOT NULL AND user_id = ${address} AND ${ofNumber} AND version > 0 ${firstOwn}),
    (SELECT conversation_id FROM conversation_addresses WHERE address = ${address} AND ${ofNumber}),
    ${own})`;
}

/** True unless its conversation, or the message of its living idempotency key, was erased since. */
function isClaimable(conversationId: "id" | "conversation_id"): SQL {
  const created = sql`value ->> 'created_at'`;
  const keyLives = sql`${created} - ${IDEMPOTENCY_KEY_LIFE_MS}`;
  return sql`${isSinceErased(sql`value ->> ${conversationId}`, created)}
    AND ${isSinceErased(sql`value ->> 'erased_key_id'`, keyLives)}`;
}

function keyOf({ sent_by, idempotency_key }: Claim["message"]): string {
  return JSON.stringify([sent_by, idempotency_key]);
}

/** A join: SQLite does not use the index of the keys for a row value in a list. */
function isClaimed(claimed: readonly Claim["message"][]): SQL {
  const keys = claimed.map(({ id, sent_by, idempotency_key }) => [id, sent_by, idempotency_key]);
  const input = sql`json_each(${JSON.stringify(keys)}) AS input`;
  return isOneOf(sql`
    SELECT own.conversation_id, own.id FROM ${input} CROSS JOIN messages AS own
    WHERE ${hasId("own", sql`input.value ->> 0`)}
    UNION
    SELECT earlier.conversation_id, earlier.id FROM ${input} CROSS JOIN messages AS earlier
    WHERE earlier.idempotency_key IS NOT NULL AND earlier.sent_by = input.value ->> 1
      AND earlier.idempotency_key = input.value ->> 2`);
}

/** Keeps the messages, and frees their keys for new ones. */
function freeExpiredKeys(claimed: readonly Claim["message"][]): SQL {
  const used = claimed.flatMap(({ sent_by, idempotency_key }) =>
    sent_by && idempotency_key ? [[sent_by, idempotency_key]] : [],
  );
  const now = Math.min(...claimed.map(({ created_at }) => created_at));
  // Without the `+` SQLite would read all old messages instead of the index of the keys.
  return sql`
    UPDATE messages SET idempotency_key = NULL
    WHERE idempotency_key IS NOT NULL
      AND (sent_by, idempotency_key) IN (
        SELECT value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(used)}))
      AND +id < ${lowestMessageId(now - IDEMPOTENCY_KEY_LIFE_MS)}`;
}

/** The message under an idempotency key of this sender; null if the key is free. */
export async function findClaimed(
  database: Database,
  sentBy: string,
  idempotencyKey: string,
  now: number,
): Promise<MessageRow | null> {
  const [row] = await selectMessages(
    database,
    sql`
      WHERE messages.idempotency_key IS NOT NULL AND messages.sent_by = ${sentBy}
        AND messages.idempotency_key = ${idempotencyKey}
        AND messages.id >= ${lowestMessageId(now - IDEMPOTENCY_KEY_LIFE_MS)}`,
  );
  return row ?? null;
}

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
      ORDER BY messages.id DESC LIMIT ${limit}`,
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
      ORDER BY messages.id LIMIT ${limit}`,
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

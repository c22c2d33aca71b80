/**
 * Writes the changes of conversation objects to D1: one transaction for any number of conversations
 * and messages, each list as one JSON parameter. Idempotent.
 */
import { tailOf } from "../lib/ids.ts";
import { survivorOf } from "./conversations.ts";
import { type Database, runBatch, statementOf, statementsOf } from "./d1.ts";
import { isOfNow, isSinceErased } from "./erasures.ts";
import {
  hasId,
  IS_DELIVERED_AS_INPUT,
  IS_SENT_AS_INPUT,
  messagesById,
  ON_KNOWN_MESSAGE,
} from "./message-keys.ts";
import { type MessageRow, shownByIds, shownRows } from "./messages.ts";
import { projectSends, type SendProjection } from "./project-sends.ts";
import { jsonChunks } from "./rows.ts";
import { sql, type SQL } from "./sql.ts";
import { adoptStatuses, type KnownStatus, knownStatuses, statusesOf } from "./statuses.ts";
import { derive, deriveFromSends, targetsOfSends, type WamidKey, withTails } from "./targeting.ts";

/** A conversation as its object projects it, by the column names of `conversations`. */
export type ConversationProjection = {
  id: string;
  /** The person's other addresses; left out if D1 never had any. */
  other_addresses?: readonly string[];
  kind: "individual" | "group";
  phone_number_id: string;
  phone: string | null;
  wa_id: string | null;
  user_id: string | null;
  parent_user_id: string | null;
  username: string | null;
  group_id: string | null;
  profile_name: string | null;
  status: "pending" | "active" | "closed";
  unread_count: number;
  read_up_to: string | null;
  last_message_at: number;
  last_customer_message_at: number | null;
  version: number;
  created_at: number;
  updated_at: number;
};

/** An inbound message or echo, by the column names of `messages`; JSON columns are text. */
export type MessageProjection = {
  id: string;
  conversation_id: string;
  phone_number_id: string;
  direction: "inbound" | "outbound";
  type: string;
  wamid: string;
  body: string;
  payload: string;
  participant: string | null;
  target_wamid: string | null;
  state: "delivered" | "accepted";
  created_at: number;
  received_at: number;
  media: MediaProjection | null;
};

/** The file of a message, by the column names of `media`. */
type MediaProjection = {
  id: string;
  meta_id: string;
  meta_expires_at: number;
  mime_type: string;
  sha256: string | null;
  filename: string | null;
};

/** Changes of objects that D1 does not have yet. */
export type Projection = {
  conversations: readonly ConversationProjection[];
  messages: readonly MessageProjection[];
  sends: readonly SendProjection[];
};

/** A message whose wamid D1 already has under another id or in another conversation. */
export type HeldMessage = {
  wamid: string;
  told_id: string;
  message_id: string;
  /** The conversation that has the row. */
  holder_id: string;
};

/** The result of a projection. */
type Projected = {
  /** All statuses of its sends and echoes: Meta may have reported them before. */
  statuses: KnownStatus[];
  held: HeldMessage[];
  /** The rows of its sends that have details, as D1 has them now. */
  shown: MessageRow[];
};

/**
 * Writes everything in one round trip and one transaction; only if D1 already had a wamid, a second
 * round trip asks which row has it. Throws what D1 throws.
 */
export async function project(
  database: Database,
  { conversations: projections, messages, sends }: Projection,
): Promise<Projected> {
  const conversations = newestOfEach(projections);
  const files = messages.flatMap(({ id, media, phone_number_id, received_at }) =>
    media === null ? [] : [{ ...media, message_id: id, phone_number_id, created_at: received_at }],
  );
  const targets = await withTails(
    messages.flatMap(({ phone_number_id, target_wamid }) =>
      target_wamid === null ? [] : [{ phone_number_id, wamid: target_wamid }],
    ),
  );
  const echoes = messages.filter(({ direction }) => direction === "outbound");
  const echoIds = echoes.map(({ id }) => id);
  const ours = jsonChunks([...echoIds, ...sends.map(({ id }) => id)]);
  const sent = jsonChunks(sends);
  // Whether a send without details is a reaction only its row says.
  const targeting = jsonChunks(sends.filter(({ details }) => details?.target_wamid !== null));
  const shown = jsonChunks(sends.flatMap(({ id, details }) => (details === undefined ? [] : [id])));
  const versions = new Map(conversations.map(({ id, version }) => [id, version]));
  const inserts = jsonChunks(
    messages.map((message) => ({ ...message, version: versions.get(message.conversation_id) })),
  ).map(insertMessages);
  const results = await runBatch(database, [
    ...inserts,
    ...jsonChunks(conversations).flatMap((rows) => [
      identifyConversations(rows),
      upsertConversations(rows),
    ]),
    ...jsonChunks(conversations.filter(hasOthers)).flatMap(keepAddresses),
    ...jsonChunks(files).map(insertMedia),
    ...derive([...messages.map(wamidOf), ...targets], [...echoes.map(wamidOf), ...targets]),
    ...jsonChunks(echoIds).flatMap(adoptStatusesOf),
    ...sent.flatMap((rows) => projectSends(rows, sends)),
    ...targeting.map(targetsOfSends),
    ...ours.map(statusesOf),
    ...shown.map(shownByIds),
  ]);
  const rows = results.splice(results.length - shown.length);
  const first = results.length - ours.length;
  await deriveFromSends(database, results.slice(first - targeting.length, first));
  const inserted = results
    .slice(0, inserts.length)
    .reduce((sum, each) => sum + each.results.length, 0);
  return {
    statuses: knownStatuses(results.slice(first)),
    shown: rows.flatMap(shownRows),
    held: inserted === messages.length ? [] : await findHeld(database, messages),
  };
}

const hasOthers = (each: ConversationProjection) => each.other_addresses !== undefined;

/**
 * A batch may contain one conversation more than once: its customer wrote from two addresses, or the
 * object took its messages in several calls.
 */
function newestOfEach(projections: readonly ConversationProjection[]): ConversationProjection[] {
  const inOrder = projections.toSorted((one, other) => one.version - other.version);
  return [...new Map(inOrder.map((conversation) => [conversation.id, conversation])).values()];
}

async function findHeld(
  database: Database,
  messages: readonly MessageProjection[],
): Promise<HeldMessage[]> {
  const input = messages.map((message) => {
    return { ...wamidOf(message), id: message.id, conversation_id: message.conversation_id };
  });
  const results = await runBatch(database, jsonChunks(input).map(selectHeld));
  // The columns of our own statement.
  return results.flatMap(({ results: rows }) => rows as HeldMessage[]); // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/**
 * Copies the name and owner from the contact to a conversation whose person became known or changed
 * address; later only D1 changes or clears them. A statement of its own, because an update that names
 * an indexed column writes the index even if the value stays the same.
 */
const identifyConversations = statementOf(
  (rows) => sql`
    UPDATE conversations SET
      phone = input.phone, user_id = input.user_id,
      contact_name = coalesce(conversations.contact_name, input.contact_name),
      owner = coalesce(conversations.owner, input.owner)
    FROM (
      SELECT
        v ->> 'id' AS id, v ->> 'version' AS version, v ->> 'phone' AS phone,
        v ->> 'user_id' AS user_id, ${contactColumn("name")} AS contact_name,
        ${contactColumn("owner")} AS owner
      FROM (${standing(rows)})) AS input
    WHERE conversations.id = input.id AND input.version > conversations.version
      AND (conversations.phone IS NOT input.phone OR conversations.user_id IS NOT input.user_id
        OR conversations.version = 0 AND coalesce(input.contact_name, input.owner) IS NOT NULL)`,
);

const upsertConversations = statementOf(
  (rows) => sql`
    INSERT INTO conversations (
      id, kind, phone_number_id, phone, wa_id, user_id, parent_user_id, username, group_id,
      profile_name, status, unread_count, read_up_to, last_message_at, last_customer_message_at,
      version, created_at, updated_at, contact_name, owner)
    SELECT
      v ->> 'id', v ->> 'kind', v ->> 'phone_number_id', v ->> 'phone', v ->> 'wa_id',
      v ->> 'user_id', v ->> 'parent_user_id', v ->> 'username', v ->> 'group_id',
      v ->> 'profile_name', v ->> 'status', v ->> 'unread_count', v ->> 'read_up_to',
      v ->> 'last_message_at', v ->> 'last_customer_message_at', v ->> 'version',
      v ->> 'created_at', v ->> 'updated_at',
      ${contactColumn("name")}, ${contactColumn("owner")}
    FROM (${standing(rows)})
    WHERE true
    ON CONFLICT (id) DO UPDATE SET
      wa_id = excluded.wa_id, parent_user_id = excluded.parent_user_id,
      username = excluded.username, profile_name = excluded.profile_name,
      status = excluded.status, unread_count = excluded.unread_count,
      read_up_to = excluded.read_up_to, last_message_at = excluded.last_message_at,
      last_customer_message_at = excluded.last_customer_message_at,
      version = excluded.version, updated_at = excluded.updated_at
    WHERE excluded.version > conversations.version`,
);

/** The conversations, each as `v`, without those that were merged into another or erased. */
function standing(rows: SQL): SQL {
  return sql`
    SELECT value AS v FROM json_each(${rows})
    WHERE NOT EXISTS (SELECT 1 FROM merged_conversations WHERE id = value ->> 'id')
      AND ${isOfNow(sql`value ->> 'id'`, sql`value ->> 'version'`)}`;
}

/** The contact's name or owner for this person, by phone before BSUID. */
function contactColumn(column: "name" | "owner"): SQL {
  const name = sql.raw(column);
  return sql`coalesce(
    (SELECT ${name} FROM contacts WHERE address = v ->> 'phone'),
    (SELECT ${name} FROM contacts WHERE address = v ->> 'user_id'),
    (SELECT ${name} FROM contacts
     WHERE address IN (SELECT value FROM json_each(v, '$.other_addresses')) AND ${name} IS NOT NULL
     ORDER BY updated_at DESC LIMIT 1))`;
}

/**
 * Stores the other addresses of people, if D1 now has the same version of the conversation, and copies
 * the name and owner from the contact of a new address.
 */
const keepAddresses = statementsOf((rows) => {
  const current = sql`
    SELECT v FROM (${standing(rows)}) JOIN conversations
    WHERE conversations.id = v ->> 'id' AND conversations.version = v ->> 'version'`;
  const known = sql`
    SELECT address FROM conversation_addresses WHERE conversation_id = v ->> 'id'`;
  return [
    sql`
      UPDATE conversations SET
        contact_name = coalesce(conversations.contact_name, given.contact_name),
        owner = coalesce(conversations.owner, given.owner)
      FROM (
        SELECT v ->> 'id' AS id, ${contactColumn("name")} AS contact_name,
          ${contactColumn("owner")} AS owner
        FROM (${current})
        WHERE EXISTS (
          SELECT 1 FROM json_each(v, '$.other_addresses') WHERE value NOT IN (${known}))) AS given
      WHERE conversations.id = given.id
        AND (conversations.contact_name IS NULL AND given.contact_name IS NOT NULL
          OR conversations.owner IS NULL AND given.owner IS NOT NULL)`,
    sql`
      DELETE FROM conversation_addresses WHERE (address, phone_number_id) IN (
        SELECT address, ca.phone_number_id
        FROM (${current}) CROSS JOIN conversation_addresses AS ca
        WHERE ca.conversation_id = v ->> 'id'
          AND address NOT IN (SELECT value FROM json_each(v, '$.other_addresses')))`,
    sql`
      INSERT INTO conversation_addresses (address, phone_number_id, conversation_id)
      SELECT other.value, v ->> 'phone_number_id', v ->> 'id'
      FROM (${current}) CROSS JOIN json_each(v, '$.other_addresses') AS other
      WHERE true
      ON CONFLICT DO UPDATE SET conversation_id = excluded.conversation_id
      WHERE conversation_id <> excluded.conversation_id`,
  ];
});

/**
 * Inserts messages, without those that the object took before the erasure of its conversation, by
 * version if the input has one. Returns a row for each new message.
 */
const insertMessages = statementOf((rows) => {
  const id = sql`value ->> 'conversation_id'`;
  const ofNow = isOfNow(id, sql`coalesce(value ->> 'version', 0)`);
  return sql`
    INSERT INTO messages (
      id, conversation_id, phone_number_id, direction, type, wamid, body, payload, participant,
      media_id, target_wamid, state, created_at, received_at)
    SELECT
      value ->> 'id', ${survivorOf(sql`value ->> 'conversation_id'`)},
      value ->> 'phone_number_id', value ->> 'direction', value ->> 'type', value ->> 'wamid', value ->> 'body',
      value ->> 'payload', value ->> 'participant', value ->> '$.media.id',
      value ->> 'target_wamid', value ->> 'state',
      value ->> 'created_at', value ->> 'received_at'
    FROM json_each(${rows})
    WHERE ${ofNow} OR ${isSinceErased(id, sql`value ->> 'received_at'`)}
    ${ON_KNOWN_MESSAGE}
    RETURNING 1`;
});

/** Inserts the files of messages that D1 has. */
const insertMedia = statementOf(
  (rows) => sql`
    INSERT INTO media (
      id, phone_number_id, meta_id, meta_expires_at, mime_type, sha256, filename, created_at)
    SELECT
      value ->> 'id', value ->> 'phone_number_id', value ->> 'meta_id',
      value ->> 'meta_expires_at', value ->> 'mime_type', value ->> 'sha256', value ->> 'filename',
      value ->> 'created_at'
    FROM json_each(${rows})
    WHERE EXISTS (SELECT 1 FROM messages WHERE ${hasId("messages", sql`value ->> 'message_id'`)})
    ON CONFLICT DO NOTHING`,
);

/** Selects the messages whose row has another id or another conversation than the input. */
const selectHeld = statementOf((rows) => {
  const held = sql`
    SELECT m.wamid, input.value ->> 'id' AS told_id, m.id AS message_id,
      m.conversation_id AS holder_id
    FROM json_each(${rows}) AS input CROSS JOIN messages AS m`;
  const isElse = sql`(m.id <> input.value ->> 'id'
    OR m.conversation_id <> ${survivorOf(sql`input.value ->> 'conversation_id'`)})`;
  return sql`
    ${held} WHERE ${IS_DELIVERED_AS_INPUT} AND ${isElse}
    UNION
    ${held} WHERE ${IS_SENT_AS_INPUT} AND ${isElse}`;
});

const adoptStatusesOf = statementsOf((ids) => adoptStatuses(messagesById(ids)));

function wamidOf({ id, phone_number_id, wamid }: MessageProjection): WamidKey {
  return { phone_number_id, wamid, tail: tailOf(id) };
}

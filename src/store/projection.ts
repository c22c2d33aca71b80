/**
 * Brings what conversation objects took into D1: one transaction for any number of conversations
 * and messages, each list as one JSON parameter. Repeating it changes nothing.
 */
import { sql, type SQL } from "drizzle-orm";
import { survivorOf } from "./conversations.ts";
import { type Database, runBatch, statementOf, statementsOf } from "./d1.ts";
import { isOfNow, isSinceErased } from "./erasures.ts";
import { jsonChunks } from "./rows.ts";
import {
  adoptStatuses,
  type KnownStatus,
  knownStatuses,
  messagesByWamid,
  recordSends,
  type SendProjection,
  statusesOf,
} from "./statuses.ts";

/** A conversation as its object projects it; columns of `conversations` by name. */
export type ConversationProjection = {
  id: string;
  /** By what else the person is found; left out where D1 never heard of any. */
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

/** An inbound message or echo; columns of `messages` by name, JSON columns as text. */
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

/** The file of a message; columns of `media` by name. */
type MediaProjection = {
  id: string;
  meta_id: string;
  meta_expires_at: number;
  mime_type: string;
  sha256: string | null;
  filename: string | null;
};

/** What objects took or changed and D1 does not know yet. */
export type Projection = {
  conversations: readonly ConversationProjection[];
  messages: readonly MessageProjection[];
  sends: readonly SendProjection[];
};

/** A message whose row stands under another id, or in another conversation, which took the same wamid. */
export type HeldMessage = {
  wamid: string;
  told_id: string;
  message_id: string;
  /** The conversation that has it. */
  holder_id: string;
};

/** What D1 says of a projection. */
type Projected = {
  /** All statuses of the sends and the echoes among it: they may have come before. */
  statuses: KnownStatus[];
  held: HeldMessage[];
};

/** A group member stays the same person under another name, and with or without a phone. */
const PARTICIPANT_ID = sql`coalesce(participant ->> 'user_id', participant ->> 'wa_id')`;

/**
 * Writes it all in one round trip and one transaction; who holds a wamid that was here before is
 * asked in a second. Throws what D1 throws.
 */
export async function project(
  database: Database,
  { conversations: told, messages, sends }: Projection,
): Promise<Projected> {
  const conversations = newestOfEach(told);
  const files = messages.flatMap(({ id, media, phone_number_id, received_at }) =>
    media === null ? [] : [{ ...media, message_id: id, phone_number_id, created_at: received_at }],
  );
  const targeting = messages.flatMap(({ phone_number_id, wamid, target_wamid }) => [
    { phone_number_id, wamid },
    ...(target_wamid === null ? [] : [{ phone_number_id, wamid: target_wamid }]),
  ]);
  const echoIds = messages.flatMap(({ direction, id }) => (direction === "outbound" ? [id] : []));
  const ours = jsonChunks([...echoIds, ...sends.map(({ id }) => id)]);
  const foundByMore = conversations.filter((each) => each.other_addresses !== undefined);
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
    ...jsonChunks(foundByMore).flatMap(keepAddresses),
    ...jsonChunks(files).map(insertMedia),
    ...jsonChunks(targeting).map(deriveByWamid),
    ...jsonChunks(echoIds).flatMap(adoptStatusesOf),
    ...jsonChunks(sends).flatMap((rows) => [...recordSends(rows), deriveFromSends(rows)]),
    ...ours.map(statusesOf),
  ]);
  const inserted = results
    .slice(0, inserts.length)
    .reduce((sum, each) => sum + each.results.length, 0);
  return {
    statuses: knownStatuses(results.slice(results.length - ours.length)),
    held: inserted === messages.length ? [] : await findHeld(database, messages),
  };
}

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
  const told = messages.map(({ id, conversation_id, phone_number_id, wamid }) => {
    return { id, conversation_id, phone_number_id, wamid };
  });
  const results = await runBatch(database, jsonChunks(told).map(selectHeld));
  // The columns of our own statement.
  return results.flatMap(({ results: rows }) => rows as HeldMessage[]); // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/**
 * A conversation whose person just became known, or is known by another address now, gets what the
 * business gave for them; later that is D1's own to change and to clear. It stands apart from the
 * rest because naming an indexed column in an update writes its index, changed or not.
 */
const identifyConversations = statementOf(
  (rows) => sql`
    UPDATE conversations SET
      phone = told.phone, user_id = told.user_id,
      contact_name = coalesce(conversations.contact_name, told.contact_name),
      owner = coalesce(conversations.owner, told.owner)
    FROM (
      SELECT
        v ->> 'id' AS id, v ->> 'version' AS version, v ->> 'phone' AS phone,
        v ->> 'user_id' AS user_id, ${contactColumn("name")} AS contact_name,
        ${contactColumn("owner")} AS owner
      FROM (${standing(rows)})) AS told
    WHERE conversations.id = told.id AND told.version > conversations.version
      AND (conversations.phone IS NOT told.phone OR conversations.user_id IS NOT told.user_id
        OR conversations.version = 0 AND coalesce(told.contact_name, told.owner) IS NOT NULL)`,
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

/** The conversations, each as `v`, but for those that are part of another now, or erased. */
function standing(rows: SQL): SQL {
  return sql`
    SELECT value AS v FROM json_each(${rows})
    WHERE NOT EXISTS (SELECT 1 FROM merged_conversations WHERE id = value ->> 'id')
      AND ${isOfNow(sql`value ->> 'id'`, sql`value ->> 'version'`)}`;
}

/** What the business gave for this person, by phone before BSUID. */
function contactColumn(column: "name" | "owner"): SQL {
  const name = sql.identifier(column);
  return sql`coalesce(
    (SELECT ${name} FROM contacts WHERE address = v ->> 'phone'),
    (SELECT ${name} FROM contacts WHERE address = v ->> 'user_id'),
    (SELECT ${name} FROM contacts
     WHERE address IN (SELECT value FROM json_each(v, '$.other_addresses')) AND ${name} IS NOT NULL
     ORDER BY updated_at DESC LIMIT 1))`;
}

/**
 * By what else people are found, as the version that stands there now tells it; what the business gave
 * under an address that is new comes with it.
 */
const keepAddresses = statementsOf((rows) => {
  const told = sql`
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
        FROM (${told})
        WHERE EXISTS (
          SELECT 1 FROM json_each(v, '$.other_addresses') WHERE value NOT IN (${known}))) AS given
      WHERE conversations.id = given.id
        AND (conversations.contact_name IS NULL AND given.contact_name IS NOT NULL
          OR conversations.owner IS NULL AND given.owner IS NOT NULL)`,
    sql`
      DELETE FROM conversation_addresses WHERE (address, phone_number_id) IN (
        SELECT address, ca.phone_number_id
        FROM (${told}) CROSS JOIN conversation_addresses AS ca
        WHERE ca.conversation_id = v ->> 'id'
          AND address NOT IN (SELECT value FROM json_each(v, '$.other_addresses')))`,
    sql`
      INSERT INTO conversation_addresses (address, phone_number_id, conversation_id)
      SELECT other.value, v ->> 'phone_number_id', v ->> 'id'
      FROM (${told}) CROSS JOIN json_each(v, '$.other_addresses') AS other
      WHERE true
      ON CONFLICT DO UPDATE SET conversation_id = excluded.conversation_id
      WHERE conversation_id <> excluded.conversation_id`,
  ];
});

/**
 * But for what was taken before its conversation was erased: by its version, where that is told. Returns
 * a row for each that was not here before.
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
    ON CONFLICT DO NOTHING
    RETURNING 1`;
});

/** The files of messages that stand there. */
const insertMedia = statementOf(
  (rows) => sql`
    INSERT INTO media (
      id, phone_number_id, meta_id, meta_expires_at, mime_type, sha256, filename, created_at)
    SELECT
      value ->> 'id', value ->> 'phone_number_id', value ->> 'meta_id',
      value ->> 'meta_expires_at', value ->> 'mime_type', value ->> 'sha256', value ->> 'filename',
      value ->> 'created_at'
    FROM json_each(${rows})
    WHERE EXISTS (SELECT 1 FROM messages WHERE messages.id = value ->> 'message_id')
    ON CONFLICT DO NOTHING`,
);

/** Those of the messages whose row has another id, or belongs to another conversation, than is told. */
const selectHeld = statementOf(
  (rows) => sql`
    SELECT m.wamid, told.value ->> 'id' AS told_id, m.id AS message_id,
      m.conversation_id AS holder_id
    FROM json_each(${rows}) AS told CROSS JOIN messages AS m
    WHERE m.wamid = told.value ->> 'wamid'
      AND m.phone_number_id = told.value ->> 'phone_number_id'
      AND (m.id <> told.value ->> 'id'
        OR m.conversation_id <> ${survivorOf(sql`told.value ->> 'conversation_id'`)})`,
);

/**
 * Recomputes what reactions, edits and revokes did to their targets. It runs when they arrive and
 * when their target does, so that either may come first. Of a person's reactions the newest holds;
 * an empty one takes it back.
 *
 * @param messageIds selects the ids of the messages concerned
 */
function deriveFromTargeting(messageIds: SQL): SQL {
  const targeting = sql`
    by.target_wamid = messages.wamid AND by.phone_number_id = messages.phone_number_id
      AND (by.direction = 'inbound' OR by.state = 'accepted')`;
  return sql`
    UPDATE messages SET
      reactions = (
        SELECT json_group_array(json_object('emoji', emoji, 'from', author, 'at', at))
        FROM (
          SELECT body AS emoji, created_at AS at,
            CASE direction WHEN 'inbound' THEN 'customer' ELSE 'business' END AS author,
            row_number() OVER (PARTITION BY direction, ${PARTICIPANT_ID} ORDER BY id DESC) AS age
          FROM messages AS by WHERE by.type = 'reaction' AND ${targeting}
          ORDER BY id)
        WHERE age = 1 AND emoji <> ''),
      edited_body = (
        SELECT body FROM messages AS by
        WHERE by.type = 'edit' AND ${targeting} ORDER BY id DESC LIMIT 1),
      revoked_at = (
        SELECT min(created_at) FROM messages AS by WHERE by.type = 'revoke' AND ${targeting})
    WHERE id IN (${messageIds})
      AND EXISTS (SELECT 1 FROM messages AS by WHERE ${targeting})`;
}

const deriveByWamid = statementOf((rows) => deriveFromTargeting(messagesByWamid(rows)));

/** The same for what the reactions among these sends are about. */
const deriveFromSends = statementOf((rows) =>
  deriveFromTargeting(sql`
    SELECT m.id FROM json_each(${rows}) AS told
    CROSS JOIN messages AS sent CROSS JOIN messages AS m
    WHERE sent.id = told.value ->> 'id'
      AND m.wamid = sent.target_wamid AND m.phone_number_id = sent.phone_number_id`),
);

const adoptStatusesOf = statementsOf((ids) =>
  adoptStatuses(sql`SELECT value FROM json_each(${ids})`),
);

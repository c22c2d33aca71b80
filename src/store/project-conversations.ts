/**
 * Writes conversations to D1 as their objects project them: whole, or in the short way for those of which
 * D1 has all but what every change sets again.
 */
import { type Statement, statementOf, statementsOf } from "./d1.ts";
import { isOfNow } from "./erasures.ts";
import { jsonChunks } from "./rows.ts";
import { eachOf, sql, type SQL } from "./sql.ts";

/** What every change of a conversation sets again, by the column names of `conversations`. */
export const CHANGING = [
  "wa_id",
  "parent_user_id",
  "username",
  "profile_name",
  "profile_folded",
  "status",
  "unread_count",
  "read_up_to",
  "last_message_at",
  "last_customer_message_at",
  "version",
  "updated_at",
] as const;

const changing = new Set<string>(CHANGING);

/** A list with an element for each column of CHANGING. */
function columns(element: (column: string) => string): SQL {
  return sql.raw(CHANGING.map(element).join(", "));
}

/** The rest of a conversation, as text to compare: while D1 has the same, CHANGING is all that it lacks. */
export function restOf(conversation: object): string {
  return JSON.stringify(Object.entries(conversation).filter(([name]) => !changing.has(name)));
}

/**
 * Sets CHANGING where D1 has an older version, and returns a row for each. The row of a merged or erased
 * conversation is gone, so nothing asks for them.
 */
export const advanceConversations = statementOf(
  (rows) => sql`
    UPDATE conversations SET ${columns((column) => `${column} = value ->> '${column}'`)}
    FROM ${eachOf(rows)}
    WHERE conversations.id = value ->> 'id' AND value ->> 'version' > conversations.version
    RETURNING id`,
);

/** What decides which statements write a conversation. */
type WithAddresses = { other_addresses?: readonly string[] | undefined };

/** The statements that write conversations with all that D1 has of them. */
export function bringWhole(conversations: readonly WithAddresses[]): Statement[] {
  return [
    ...jsonChunks(conversations).flatMap((rows) => [
      identifyConversations(rows),
      turnConversations(rows),
      upsertConversations(rows),
    ]),
    ...jsonChunks(conversations.filter(hasOthers)).flatMap(keepAddresses),
  ];
}

const hasOthers = (each: WithAddresses) => each.other_addresses !== undefined;

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

/**
 * The changes by which a customer begins or ceases to wait. A statement of its own, for the same reason:
 * the others of a wait write nothing to its index. What it changed is no longer older for the next one.
 */
const turnConversations = statementOf(
  (rows) => sql`
    UPDATE conversations SET
      waiting_since = input.waiting_since, ${columns((column) => `${column} = input.${column}`)}
    FROM (
      SELECT v ->> 'id' AS id, v ->> 'waiting_since' AS waiting_since,
        ${columns((column) => `v ->> '${column}' AS ${column}`)}
      FROM (${standing(rows)})
      WHERE json_type(v, '$.waiting_since') IS NOT NULL) AS input
    WHERE conversations.id = input.id AND input.version > conversations.version
      AND conversations.waiting_since IS NOT input.waiting_since`,
);

const upsertConversations = statementOf(
  (rows) => sql`
    INSERT INTO conversations (
      id, kind, phone_number_id, phone, user_id, group_id, waiting_since, created_at, contact_name, owner,
      ${columns((column) => column)})
    SELECT
      v ->> 'id', v ->> 'kind', v ->> 'phone_number_id', v ->> 'phone', v ->> 'user_id',
      v ->> 'group_id', v ->> 'waiting_since', v ->> 'created_at',
      ${contactColumn("name")}, ${contactColumn("owner")},
      ${columns((column) => `v ->> '${column}'`)}
    FROM (${standing(rows)})
    WHERE true
    ON CONFLICT (id) DO UPDATE SET ${columns((column) => `${column} = excluded.${column}`)}
    WHERE excluded.version > conversations.version`,
);

/** The conversations, each as `v`, without those that were merged into another or erased. */
function standing(rows: SQL): SQL {
  return sql`
    SELECT value AS v FROM ${eachOf(rows)}
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

/**
 * The tables in D1. Every table is STRICT and WITHOUT ROWID (a text key would cost two rows
 * written per insert otherwise); drizzle-kit can express neither, so `npm run migration` adds
 * them to the SQL it generates. Times are milliseconds since the epoch. JSON is stored as text.
 */
import { sql } from "drizzle-orm";
import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

/**
 * One customer (or group) on one business number: the projection of its Durable Object, taken
 * over only when `version` grows. `contact_name`, `owner`, `subject` and `changed_by` belong to D1
 * alone and no projection touches them.
 */
export const conversations = sqliteTable(
  "conversations",
  {
    /** The Durable Object's own id, 64 hex digits. */
    id: text().primaryKey(),
    kind: text({ enum: ["individual", "group"] }).notNull(),
    phone_number_id: text().notNull(),
    /** Canonical digits without `+`, or an id of Meta's that is no phone; null for a BSUID alone. */
    phone: text(),
    /** The customer's WhatsApp id as Meta last spelled it. */
    wa_id: text(),
    user_id: text(),
    parent_user_id: text(),
    username: text(),
    group_id: text(),
    /** The newest profile name by Meta's timestamp. */
    profile_name: text(),
    /** The name the business gave, before the profile's own. */
    contact_name: text(),
    owner: text(),
    /** Null until patched: the displayed subject follows the name. */
    subject: text(),
    /** Name of the token that last changed it; null until then. */
    changed_by: text(),
    status: text({ enum: ["pending", "active", "closed"] }).notNull(),
    unread_count: integer().notNull(),
    /** Message id of the read mark: inbound messages up to it are read. */
    read_up_to: text(),
    last_message_at: integer().notNull(),
    last_customer_message_at: integer(),
    /** Grows with every change of the object; 0 = no object has spoken yet. */
    version: integer().notNull(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (table) => [
    // GET /v1/conversations
    index("conversations_by_time").on(table.last_message_at, table.id),
    // ?status=
    index("conversations_by_status").on(table.status, table.last_message_at, table.id),
    // ?unread=true
    index("conversations_unread")
      .on(table.last_message_at, table.id)
      .where(sql`unread_count > 0`),
    // ?owner=
    index("conversations_by_owner")
      .on(table.owner, table.last_message_at, table.id)
      .where(sql`owner IS NOT NULL`),
    // ?phone_number_id=
    index("conversations_by_number").on(table.phone_number_id, table.last_message_at, table.id),
    // Rows that a send made and no object ever took over
    index("conversations_unspoken")
      .on(table.created_at)
      .where(sql`version = 0`),
    // ?contact=+52… and giving a contact's owner and name to its conversations. One person has a
    // handful: with the time in it, each message would write these two anew.
    index("conversations_by_phone")
      .on(table.phone)
      .where(sql`phone IS NOT NULL`),
    // ?contact=MX.…
    index("conversations_by_user")
      .on(table.user_id)
      .where(sql`user_id IS NOT NULL`),
  ],
);

/**
 * Every message, in and out. Ids begin with the message's place, so ordering by id is the order of a
 * conversation. What Meta says of an outbound message (`meta_*`) and what we know ourselves
 * (`state`, `error`) stand apart: neither ever overwrites the other.
 */
export const messages = sqliteTable(
  "messages",
  {
    id: text().primaryKey(),
    conversation_id: text().notNull(),
    phone_number_id: text().notNull(),
    direction: text({ enum: ["inbound", "outbound"] }).notNull(),
    type: text().notNull(),
    wamid: text(),
    /** Display text. */
    body: text().notNull(),
    /** Meta's message object, whole: as received, or as sent. */
    payload: text().notNull(),
    /** Who wrote it in a group; null where the conversation's contact did. */
    participant: text(),
    /** The file it carries, where that is one of `media`. */
    media_id: text(),
    /** The message that a reaction, an edit or a revoke is about. */
    target_wamid: text(),
    /** Derived from the rows that target this one: `[{emoji, from, at}]`. */
    reactions: text().notNull().default("[]"),
    /** Display text of the newest edit. */
    edited_body: text(),
    revoked_at: integer(),
    metadata: text(),
    biz_opaque_callback_data: text(),
    sent_by: text(),
    idempotency_key: text(),
    /** SHA-256 of the canonical request, to tell a retry from another request. */
    request_hash: text(),
    /** How to send it: recipient and options, for a resend or a claim whose send never started. */
    send_options: text(),
    /** Our own view of an outbound message; `delivered` for inbound ones. */
    state: text().notNull(),
    /** Grows with each state its object reports, so that an older report changes nothing. */
    state_revision: integer().notNull().default(0),
    /** The maximum over `message_statuses`; null before the first. */
    meta_status: text(),
    error: text(),
    meta_error: text(),
    pricing: text(),
    resend_of: text(),
    fallback_of: text(),
    send_at: integer(),
    expires_at: integer(),
    created_at: integer().notNull(),
    received_at: integer(),
    sent_at: integer(),
    delivered_at: integer(),
    read_at: integer(),
    /** When we gave it up ourselves. */
    failed_at: integer(),
    meta_failed_at: integer(),
  },
  (table) => [
    // GET /v1/conversations/{id}/messages
    index("messages_by_conversation").on(table.conversation_id, table.id),
    // Deduplication, GET /v1/messages/{wamid}, statuses finding their message
    uniqueIndex("messages_by_wamid")
      .on(table.wamid, table.phone_number_id)
      .where(sql`wamid IS NOT NULL`),
    // The idempotency claim
    uniqueIndex("messages_by_idempotency_key")
      .on(table.sent_by, table.idempotency_key)
      .where(sql`idempotency_key IS NOT NULL`),
    // Claims left behind and sends nobody confirmed
    index("messages_unsettled")
      .on(table.id)
      .where(sql`state IN ('pending', 'unconfirmed')`),
    // Sends that wait after a refusal of Meta's: the doctor counts them
    index("messages_refused")
      .on(table.id)
      .where(sql`state = 'queued' AND error IS NOT NULL`),
    // One fallback a message
    uniqueIndex("messages_by_fallback")
      .on(table.fallback_of)
      .where(sql`fallback_of IS NOT NULL`),
    // Reactions, edits and revokes finding their target, whichever comes first
    index("messages_by_target")
      .on(table.target_wamid, table.phone_number_id, table.id)
      .where(sql`target_wamid IS NOT NULL`),
    // Whether another message still carries a file that is to be erased
    index("messages_by_media")
      .on(table.media_id)
      .where(sql`media_id IS NOT NULL`),
    // What somebody wrote in groups, to export and erase it
    index("messages_of_participants")
      .on(table.participant)
      .where(sql`participant IS NOT NULL`),
  ],
);

/** Conversations that turned out to be another's, and which: their ids keep answering. */
export const mergedConversations = sqliteTable(
  "merged_conversations",
  {
    id: text().primaryKey(),
    into_id: text().notNull(),
  },
  // Following a chain of merges to its end when it grows
  (table) => [index("merged_conversations_by_target").on(table.into_id)],
);

/**
 * By what else the person of a conversation is known, beside its `phone` and `user_id`: numbers dialled,
 * former phones and BSUIDs. Part of the object's projection, like those.
 */
export const conversationAddresses = sqliteTable(
  "conversation_addresses",
  {
    /** Canonical phone or BSUID. */
    address: text().notNull(),
    phone_number_id: text().notNull(),
    conversation_id: text().notNull(),
  },
  (table) => [
    // ?contact=, and what the business knows of a contact
    primaryKey({ columns: [table.address, table.phone_number_id] }),
    // All addresses of a conversation's person
    index("conversation_addresses_by_conversation").on(table.conversation_id),
  ],
);

/** Every status Meta reported, once per (wamid, status, participant). */
export const messageStatuses = sqliteTable(
  "message_statuses",
  {
    wamid: text().notNull(),
    status: text().notNull(),
    /** The group member it speaks of; empty for an individual. */
    participant: text().notNull(),
    phone_number_id: text().notNull(),
    /** Our message, once known. */
    message_id: text(),
    at: integer().notNull(),
    /** Meta's status object, whole. */
    payload: text().notNull(),
    received_at: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.wamid, table.status, table.participant, table.phone_number_id] }),
    // Expiring the statuses that never found their message
    index("message_statuses_orphaned")
      .on(table.received_at)
      .where(sql`message_id IS NULL`),
    // Erasing a group member
    index("message_statuses_of_participants")
      .on(table.participant)
      .where(sql`participant <> ''`),
  ],
);

/** What the business knows of a person, by canonical phone or by BSUID. */
export const contacts = sqliteTable("contacts", {
  address: text().primaryKey(),
  name: text(),
  owner: text(),
  /** `stop` or `resume`, as the customer last chose for marketing messages. */
  marketing: text(),
  marketing_at: integer(),
  /** Name of the token that last put it; null where only WhatsApp told of the person. */
  changed_by: text(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
});

/**
 * Templates as Meta last told of them, by webhook or by a sync. Status, category, quality and
 * components each carry the time they were told, so that what comes late never brings an old one back.
 */
export const templates = sqliteTable(
  "templates",
  {
    name: text().notNull(),
    language: text().notNull(),
    /** The account that it was last told of for. */
    business_account_id: text(),
    meta_id: text(),
    status: text(),
    status_at: integer().notNull(),
    category: text(),
    category_at: integer().notNull(),
    quality: text(),
    quality_at: integer().notNull(),
    /** Why it was rejected or paused. */
    reason: text(),
    /** Meta's `components`, as JSON. */
    components: text(),
    components_at: integer().notNull().default(0),
    /** False where a webhook told them, which leaves out file headers and some buttons. */
    components_whole: integer({ mode: "boolean" }).notNull().default(false),
    /** `POSITIONAL` or `NAMED`; webhooks don't tell it. */
    parameter_format: text(),
    /** When Meta first told of it. */
    created_at: integer().notNull().default(0),
    /** When Meta last told of it. */
    updated_at: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.name, table.language] }),
    // GET /v1/templates
    index("templates_by_time").on(table.created_at, table.name, table.language),
  ],
);

/**
 * When each account's templates were last listed whole. A template of the account of which nothing
 * was told since then was not in that list: Meta has it no more.
 */
export const templateSyncs = sqliteTable("template_syncs", {
  business_account_id: text().primaryKey(),
  /** When the listing began. */
  synced_at: integer().notNull(),
});

/**
 * Files known to us: what customers sent and what was uploaded. The bytes of a stored one lie in the
 * bucket `MEDIA` under the row's `id`. So all that the bucket holds of a person is found from the
 * `media_id` of that person's messages; an upload may stand in the messages of several.
 */
export const media = sqliteTable(
  "media",
  {
    id: text().primaryKey(),
    phone_number_id: text().notNull(),
    /** `received` from a customer (or echoed from the business's phone), or `uploaded` here. */
    origin: text({ enum: ["received", "uploaded"] })
      .notNull()
      .default("received"),
    /** Meta's media id, as first told. */
    meta_id: text().notNull(),
    /** Meta's id of the newest copy, where ours was uploaded again. */
    renewed_meta_id: text(),
    /** When Meta's newest copy goes: 7 days after it was received, 30 after it was uploaded. */
    meta_expires_at: integer().notNull().default(0),
    mime_type: text().notNull(),
    /** Lower-case hex of the bytes, where known. */
    sha256: text(),
    filename: text(),
    size_bytes: integer(),
    /** Since when the bucket has it; null = it does not. */
    stored_at: integer(),
    /** Why the bucket does not have it (yet): an `ArchiveError`. */
    error: text(),
    created_at: integer().notNull(),
  },
  (table) => [
    // GET /v1/media/{Meta's id}
    index("media_by_meta_id").on(table.meta_id),
    // The same bytes uploaded again
    index("media_uploads")
      .on(table.sha256, table.phone_number_id, table.meta_expires_at)
      .where(sql`origin = 'uploaded'`),
  ],
);

/** The other webhook fields, with their raw value. */
export const accountEvents = sqliteTable(
  "account_events",
  {
    /** A digest of what it says, so that a redelivery is the same row. */
    id: text().primaryKey(),
    field: text().notNull(),
    business_account_id: text(),
    phone_number_id: text(),
    /** Null where the value is larger than a D1 row: then in `oversized_values`. */
    value: text(),
    received_at: integer().notNull(),
  },
  (table) => [
    // GET /v1/events
    index("account_events_by_time").on(table.received_at, table.id),
    // ?field=
    index("account_events_by_field").on(table.field, table.received_at, table.id),
  ],
);

/** What could not be processed, for the operator to see and replay. */
export const deadLetters = sqliteTable("dead_letters", {
  id: text().primaryKey(),
  /** Where it comes from: `webhook`, `message`, `status`, `events`, or a queue. */
  source: text().notNull(),
  reason: text().notNull(),
  payload: text(),
  created_at: integer().notNull(),
});

/** Raw values over D1's 2 MB a row, in parts, keyed by the row they belong to. */
export const oversizedValues = sqliteTable(
  "oversized_values",
  {
    owner_id: text().notNull(),
    part: integer().notNull(),
    text: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.owner_id, table.part] })],
);

/**
 * What was erased and must not come back, by ids of Durable Objects: a conversation's own, and those of
 * names made of an address or an idempotency key. Such an id is a keyed digest whose key the platform alone has, so that
 * nobody finds a person by it. Kept as long as something of before may still arrive.
 */
export const erasures = sqliteTable(
  "erasures",
  {
    id: text().primaryKey(),
    /** The conversation's last version; else 0. */
    version: integer().notNull(),
    erased_at: integer().notNull(),
  },
  // Expiring them
  (table) => [index("erasures_by_time").on(table.erased_at)],
);

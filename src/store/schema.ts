/**
 * The tables in D1. Every table is STRICT, and WITHOUT ROWID but for `changes` (a text key would cost
 * two rows written per insert otherwise); drizzle-kit can express neither, so `npm run migration` adds
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

export { templates, templateSyncs } from "./template-tables.ts";

/**
 * One customer (or group) on one business number: the projection of its Durable Object, which replaces
 * the row only if `version` grows. D1 alone owns `contact_name`, `owner`, `assignee`, `subject` and
 * `changed_by`: no projection changes them.
 */
export const conversations = sqliteTable(
  "conversations",
  {
    /** The Durable Object's own id, 64 hex digits. */
    id: text().primaryKey(),
    kind: text({ enum: ["individual", "group"] }).notNull(),
    phone_number_id: text().notNull(),
    /** Canonical digits without `+`, or a `wa_id` that is not a phone; null if only a BSUID is known. */
    phone: text(),
    /** The customer's WhatsApp id in Meta's latest spelling. */
    wa_id: text(),
    user_id: text(),
    parent_user_id: text(),
    username: text(),
    group_id: text(),
    /** The newest profile name by Meta's timestamp. */
    profile_name: text(),
    /** The name that the business gave; it is shown before the profile name. */
    contact_name: text(),
    /** The business's id of the person. */
    owner: text(),
    /** Who of the staff looks after the conversation. */
    assignee: text(),
    /** Null until the business sets it: the displayed subject follows the name. */
    subject: text(),
    /** Name of the token that last changed the row; null until then. */
    changed_by: text(),
    status: text({ enum: ["pending", "active", "closed"] }).notNull(),
    unread_count: integer().notNull(),
    /** Message id of the read mark: inbound messages up to it are read. */
    read_up_to: text(),
    last_message_at: integer().notNull(),
    last_customer_message_at: integer(),
    /** Since when the customer waits for an answer; null in a closed conversation. */
    waiting_since: integer(),
    /** Grows with every change of the object; 0 until the first projection. */
    version: integer().notNull(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
    /** The id of its oldest message when retention last searched it; empty before. */
    messages_from: text().notNull().default(""),
    /** The profile name and the username, folded for search; null in a row that a Worker of 0.1.0 wrote. */
    profile_folded: text(),
    /** `contact_name`, folded; null also while it is a copy from `contacts` that upkeep has not folded. */
    contact_folded: text(),
  },
  (table) => [
    // Every list but those by owner or person: one sorted run for each number, status, whether unread and
    // whether somebody's. One index instead of one for each filter, since each change of a conversation writes all of them.
    index("conversations_in_lists").on(
      table.phone_number_id,
      table.status,
      sql`unread_count > 0`,
      sql`assignee IS NULL`,
      table.last_message_at,
      table.id,
    ),
    // ?owner=
    index("conversations_by_owner")
      .on(table.owner, table.last_message_at, table.id)
      .where(sql`owner IS NOT NULL`),
    // ?view=mine and ?assignee=, in runs as above. The row's times change with each message anyway, so a longer key costs
    // no row more.
    index("conversations_by_assignee")
      .on(
        table.assignee,
        table.phone_number_id,
        table.status,
        sql`unread_count > 0`,
        table.last_message_at,
        table.id,
      )
      .where(sql`assignee IS NOT NULL`),
    // ?view=waiting, longest first. Only the begin and the end of a wait write it: see
    // `project-conversations.ts`
    index("conversations_waiting")
      .on(table.waiting_since, table.id)
      .where(sql`waiting_since IS NOT NULL`),
    // Upkeep, which folds the names that are not
    index("conversations_unfolded")
      .on(table.id)
      .where(sql`(profile_folded IS NULL OR contact_name IS NOT NULL AND contact_folded IS NULL)`),
    // Retention, from the conversations that may have the oldest messages
    index("conversations_by_oldest").on(table.messages_from, table.id),
    // Rows that a claim created and no object projected
    index("conversations_unspoken")
      .on(table.created_at)
      .where(sql`version = 0`),
    // ?contact=+52… and copying a contact's owner and name to its conversations. One person has few
    // conversations; with the time in this index and the next, each message would write both.
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
 * Every message, inbound and outbound. Ids begin with the message's place, so the order of ids is the
 * order of a conversation. Meta's reports of an outbound message (`meta_*`) and our own state (`state`,
 * `error`) have columns of their own: neither overwrites the other.
 */
export const messages = sqliteTable(
  "messages",
  {
    id: text().notNull(),
    conversation_id: text().notNull(),
    phone_number_id: text().notNull(),
    direction: text({ enum: ["inbound", "outbound"] }).notNull(),
    type: text().notNull(),
    wamid: text(),
    /** Display text. */
    body: text().notNull(),
    /** Meta's whole message object, as received or as sent. */
    payload: text().notNull(),
    /** The author in a group; null if it is the conversation's contact. */
    participant: text(),
    /** The file of the message, a row of `media`. */
    media_id: text(),
    /** The message that a reaction, an edit or a revoke targets. */
    target_wamid: text(),
    /** Computed from the rows that target this one: `[{emoji, from, at}]`. */
    reactions: text().notNull().default("[]"),
    /** Display text of the newest edit. */
    edited_body: text(),
    revoked_at: integer(),
    metadata: text(),
    biz_opaque_callback_data: text(),
    sent_by: text(),
    idempotency_key: text(),
    /** SHA-256 of the canonical request: it differs if the same key comes with another request. */
    request_hash: text(),
    /** The `OutgoingMessage` as JSON, for a resend, a fallback, or a claim whose send never started. */
    send_options: text(),
    /** Our own state of an outbound message; `delivered` for an inbound one. */
    state: text().notNull(),
    /** Grows with each state that the object reports, so an older report changes nothing. */
    state_revision: integer().notNull().default(0),
    /** The highest of `message_statuses`; null before the first. */
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
    /** When Paloma gave the message up. */
    failed_at: integer(),
    meta_failed_at: integer(),
  },
  (table) => [
    // GET /v1/conversations/{id}/messages
    primaryKey({ columns: [table.conversation_id, table.id] }),
    // A message by its id, and Meta's by its wamid: the digits behind the place are a digest of the wamid
    uniqueIndex("messages_by_tail").on(sql`substr(id, 21)`),
    // Ours have random digits there: statuses finding their message, and echoes of our own sends
    uniqueIndex("messages_sent_by_wamid")
      .on(table.wamid, table.phone_number_id)
      .where(sql`direction = 'outbound' AND wamid IS NOT NULL`),
    // The idempotency claim
    uniqueIndex("messages_by_idempotency_key")
      .on(table.sent_by, table.idempotency_key)
      .where(sql`idempotency_key IS NOT NULL`),
    // Claims without a send, and sends without a confirmation
    index("messages_unsettled")
      .on(table.id)
      .where(sql`state IN ('pending', 'unconfirmed')`),
    // Sends that wait after a refusal by Meta: the doctor counts them
    index("messages_refused")
      .on(table.id)
      .where(sql`state = 'queued' AND error IS NOT NULL`),
    // At most one fallback for each message
    uniqueIndex("messages_by_fallback")
      .on(table.fallback_of)
      .where(sql`fallback_of IS NOT NULL`),
    // Reactions, edits and revokes finding their target, whichever comes first
    index("messages_by_target")
      .on(table.target_wamid, table.phone_number_id, table.id)
      .where(sql`target_wamid IS NOT NULL`),
    // Whether another message still carries a file before its erasure
    index("messages_by_media")
      .on(table.media_id)
      .where(sql`media_id IS NOT NULL`),
    // A person's messages in groups, to export and erase them
    index("messages_of_participants")
      .on(table.participant)
      .where(sql`participant IS NOT NULL`),
  ],
);

/**
 * Idempotency keys of the last days: which message each stands for. The day comes first in the key, so
 * that old ones are deleted by a range and not by a scan. Keys that 0.1.0 claimed are in `messages`.
 */
export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    /** The day of the claim, counted from the epoch. */
    day: integer().notNull(),
    sent_by: text().notNull(),
    key: text().notNull(),
    message_id: text().notNull(),
    request_hash: text().notNull(),
    /** The conversation that takes the message, for its erasure. */
    conversation_id: text().notNull(),
    created_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.sent_by, table.key] })],
);

/** Merged conversations: the old id keeps answering with the conversation `into_id`. */
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
 * The other addresses of a conversation's person, besides `phone` and `user_id`: dialled numbers, former
 * phones and former BSUIDs. The object projects them too.
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
    // ?contact=, and a contact's name and owner
    primaryKey({ columns: [table.address, table.phone_number_id] }),
    // All addresses of a conversation's person
    index("conversation_addresses_by_conversation").on(table.conversation_id),
  ],
);

/** Every status from Meta, once for each wamid, status and participant. */
export const messageStatuses = sqliteTable(
  "message_statuses",
  {
    wamid: text().notNull(),
    status: text().notNull(),
    /** The group member of the status; empty for an individual. */
    participant: text().notNull(),
    phone_number_id: text().notNull(),
    /** Our message, once known. */
    message_id: text(),
    at: integer().notNull(),
    /** Meta's whole status object. */
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

/** The name, owner and marketing choice of a person, by canonical phone or BSUID. */
export const contacts = sqliteTable("contacts", {
  address: text().primaryKey(),
  name: text(),
  owner: text(),
  /** `stop` or `resume`: the customer's latest choice for marketing messages. */
  marketing: text(),
  marketing_at: integer(),
  /** Name of the token that last wrote the contact; null if only WhatsApp reported the person. */
  changed_by: text(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
});

/**
 * Files that customers sent and callers uploaded. The bucket `MEDIA` stores the bytes under the row's
 * `id`, so the `media_id` of a person's messages finds all files of that person. Messages to several
 * people may share an upload.
 */
export const media = sqliteTable(
  "media",
  {
    id: text().primaryKey(),
    phone_number_id: text().notNull(),
    /** `received` from a customer (or echoed from the business's phone), or `uploaded` by a caller. */
    origin: text({ enum: ["received", "uploaded"] })
      .notNull()
      .default("received"),
    /** Meta's first media id. */
    meta_id: text().notNull(),
    /** Meta's id of the newest copy, if Paloma uploaded the file again. */
    renewed_meta_id: text(),
    /** When Meta deletes its newest copy: 7 days after receipt, 30 days after an upload. */
    meta_expires_at: integer().notNull().default(0),
    mime_type: text().notNull(),
    /** Lower-case hex of the bytes, if known. */
    sha256: text(),
    filename: text(),
    size_bytes: integer(),
    /** When the bucket stored the file; null if it has not. */
    stored_at: integer(),
    /** Why the bucket has not stored the file (yet): an `ArchiveError`. */
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

/** Account events: the other webhook fields, with their raw value. */
export const accountEvents = sqliteTable(
  "account_events",
  {
    /** A digest of the content, so a redelivery is the same row. */
    id: text().primaryKey(),
    field: text().notNull(),
    business_account_id: text(),
    phone_number_id: text(),
    /** Null if the value is larger than a D1 row: then it is in `oversized_values`. */
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

/** Messages that could not be processed, for the operator to see and replay. */
export const deadLetters = sqliteTable("dead_letters", {
  id: text().primaryKey(),
  /** The source: `webhook`, `message`, `status`, `events`, or a queue. */
  source: text().notNull(),
  reason: text().notNull(),
  payload: text(),
  created_at: integer().notNull(),
});

/** Raw values larger than D1's row limit of 2 MB, in parts, by the id of their row. */
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
 * Erasures, by ids of Durable Objects: a conversation's own, and those of names made of an address or an
 * idempotency key. Such an id is a digest under a key that only the platform has, so it reveals no
 * person. A row stays as long as older data may still arrive.
 */
export const erasures = sqliteTable(
  "erasures",
  {
    id: text().primaryKey(),
    /** The conversation's last version; 0 for other ids. */
    version: integer().notNull(),
    erased_at: integer().notNull(),
  },
  // Expiring them
  (table) => [index("erasures_by_time").on(table.erased_at)],
);

/** The people who signed in to the inbox, so that conversations can be assigned to them. */
export const staff = sqliteTable("staff", {
  /** As in `sent_by`: a token's name, or an e-mail address. */
  name: text().primaryKey(),
  /** As Cloudflare Access names the person; null with a token. */
  display_name: text(),
  /** Written once a day. */
  last_seen_at: integer().notNull(),
});

/**
 * What the inbox's pages follow: a row for each batch that changed what they show, inserted by that very
 * batch. D1 runs one batch after another, so a page that has seen up to `seq` has missed nothing below. Only
 * ids: an erasure finds no person here.
 */
export const changes = sqliteTable("changes", {
  seq: integer().primaryKey(),
  /**
   * JSON: ids of conversations (`c`) and of messages (`m`), whether templates changed (`t`), and whether
   * what came before was not logged (`gap`).
   */
  changed: text().notNull(),
  at: integer().notNull(),
});

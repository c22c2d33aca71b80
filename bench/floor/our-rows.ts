/** A send as rows of our own tables: one statement for each, and no more columns than it fills. */
import type { Send } from "./send.ts";

const DAY_MS = 86_400_000;
const CALLER = "bench";

export function claimOurKey(
  database: D1Database,
  { key, hash, id }: { key: string; hash: string; id: string },
  conversationId: string,
  now: number,
): D1PreparedStatement {
  return database
    .prepare(
      `INSERT INTO idempotency_keys (
         day, sent_by, key, message_id, request_hash, conversation_id, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    .bind(Math.floor(now / DAY_MS), CALLER, key, id, hash, conversationId, now);
}

/** The message's row. */
export type OurRow = ReturnType<typeof ourRow>;

export function ourRow(send: Send, conversation_id: string, wamid: string, now: number) {
  const { id, number: phone_number_id, body, key } = send;
  return {
    id,
    conversation_id,
    phone_number_id,
    direction: "outbound",
    type: "text",
    wamid,
    body,
    payload: JSON.stringify({ type: "text", text: { body, preview_url: true } }),
    sent_by: CALLER,
    request_hash: key?.hash ?? null,
    send_options: JSON.stringify(send),
    state: "accepted",
    state_revision: 2,
    expires_at: now + DAY_MS,
    created_at: now,
  };
}

const INSERT_MESSAGE = `
  INSERT INTO messages (
    id, conversation_id, phone_number_id, direction, type, wamid, body, payload, sent_by, request_hash,
    send_options, state, state_revision, expires_at, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;

const UPSERT_CONVERSATION = `
  INSERT INTO conversations (
    id, kind, phone_number_id, phone, wa_id, profile_name, profile_folded, status, unread_count,
    last_message_at, version, created_at, updated_at)
  VALUES (?1, 'individual', ?2, ?3, ?3, ?4, ?4, 'active', 0, ?5, ?5, ?5, ?5)
  ON CONFLICT (id) DO UPDATE SET
    wa_id = excluded.wa_id, profile_name = excluded.profile_name,
    profile_folded = excluded.profile_folded, status = excluded.status,
    unread_count = excluded.unread_count, last_message_at = excluded.last_message_at,
    version = excluded.version, updated_at = excluded.updated_at`;

/** The message, and what its conversation shows from then on. */
export function bringOurRow(
  database: D1Database,
  row: OurRow,
  { to }: Send,
): D1PreparedStatement[] {
  const { conversation_id, phone_number_id, created_at } = row;
  return [
    database
      .prepare(UPSERT_CONVERSATION)
      .bind(conversation_id, phone_number_id, to.slice(1), CALLER, created_at),
    database.prepare(INSERT_MESSAGE).bind(...Object.values(row)),
  ];
}

/** What tells open pages of the inbox what has changed. */
export function logChange(database: D1Database, row: OurRow): D1PreparedStatement {
  const { id, conversation_id, created_at } = row;
  return database
    .prepare("INSERT INTO changes (changed, at) VALUES (?, ?)")
    .bind(JSON.stringify({ c: [conversation_id], m: [id] }), created_at);
}

/** All that our answer shows. */
export function ourAnswer(row: OurRow, { to }: Pick<Send, "to">) {
  const created_at = new Date(row.created_at).toISOString();
  return {
    ...row,
    status: row.state,
    contact: { wa_id: to.slice(1), phone: to, user_id: null, username: null, name: CALLER },
    content: JSON.parse(row.payload),
    attachments: [],
    context: null,
    referral: null,
    reactions: [],
    edited: false,
    revoked: false,
    metadata: null,
    biz_opaque_callback_data: null,
    error: null,
    pricing: null,
    resend_of: null,
    fallback_of: null,
    send_at: null,
    expires_at: new Date(row.expires_at).toISOString(),
    created_at,
    received_at: null,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    failed_at: null,
  };
}

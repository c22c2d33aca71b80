/** Rows as conversation objects and the status queue hand them to the store. */
import { createHash } from "node:crypto";
import { env } from "cloudflare:workers";
import { foldedTogether } from "../../src/lib/folded.ts";
import { createDatabase } from "../../src/store/d1.ts";
import {
  type MessageStatus,
  STATUS_BODY_VERSION,
  STATUS_PACK_VERSION,
  type StatusPack,
} from "../../src/store/message-status.ts";
import {
  type ConversationProjection,
  type MessageProjection,
  project,
  type Projection,
} from "../../src/store/projection.ts";
import type { SendProjection } from "../../src/store/project-sends.ts";
import { NUMBER } from "./paloma.ts";
import { claimByOldWorker, type OldClaim } from "./old-claims.ts";

/** A moment in the past, in whole seconds as Meta's are. */
export const NOON = Date.UTC(2026, 0, 15, 12);

const TIME_DIGITS = 12;
const TAIL_BYTES = 10;
const PLACE_END = 20;
const ID_END = 36;
const DIGEST_START = 4;
const NAME_BYTES = 8;

/** Text that nobody used before: storage is shared by all tests of a file. */
export function unique(prefix: string): string {
  return `${prefix}${crypto.getRandomValues(new Uint8Array(NAME_BYTES)).toHex()}`;
}

export function messageIdAt(at: number): string {
  const time = at.toString(16).padStart(TIME_DIGITS, "0");
  return `msg_${time}${crypto.getRandomValues(new Uint8Array(TAIL_BYTES)).toHex()}`;
}

/** The id of a message from Meta at some place, as `inboundMessageId` makes it, but without a wait. */
export function idOfWamid(id: string, phoneNumberId: string, wamid: string): string {
  const digest = createHash("sha256").update(`${phoneNumberId}:${wamid}`).digest("hex");
  return id.slice(0, PLACE_END) + digest.slice(DIGEST_START, DIGEST_START + ID_END - PLACE_END);
}

export function conversationRow(
  changes: Partial<ConversationProjection> = {},
): ConversationProjection {
  return {
    // As in life an object's, since others look at all of D1.
    id: env.CONVERSATION.newUniqueId().toString(),
    kind: "individual",
    phone_number_id: NUMBER,
    phone: unique("52"),
    wa_id: null,
    user_id: null,
    parent_user_id: null,
    username: null,
    group_id: null,
    profile_name: null,
    profile_folded: foldedTogether([changes.profile_name ?? null, changes.username ?? null]),
    status: "pending",
    unread_count: 0,
    read_up_to: null,
    last_message_at: NOON,
    last_customer_message_at: NOON,
    waiting_since: null,
    version: 1,
    created_at: NOON,
    updated_at: NOON,
    ...changes,
  };
}

/** An inbound text of the conversation, unless said otherwise. */
export function messageRow(
  conversation: Pick<ConversationProjection, "id" | "phone_number_id">,
  changes: Partial<MessageProjection> = {},
): MessageProjection {
  const { created_at = NOON, phone_number_id = conversation.phone_number_id } = changes;
  const { wamid = unique("wamid.") } = changes;
  return {
    id: idOfWamid(messageIdAt(created_at), phone_number_id, wamid),
    conversation_id: conversation.id,
    phone_number_id,
    direction: "inbound",
    type: "text",
    wamid,
    body: "¡Hola! ñandú 🐕",
    payload: JSON.stringify({ type: "text", text: { body: "¡Hola! ñandú 🐕" } }),
    participant: null,
    target_wamid: null,
    state: "delivered",
    created_at,
    received_at: created_at,
    media: null,
    ...changes,
  };
}

/** What an object reports of a message that Meta took. */
export function acceptedSend(
  conversation: Pick<ConversationProjection, "id">,
  changes: Partial<SendProjection> & { id: string },
): SendProjection {
  return {
    conversation_id: conversation.id,
    state_revision: 1,
    state: "accepted",
    wamid: unique("wamid."),
    error: null,
    failed_at: null,
    ...changes,
  };
}

/** A status as the queue carries it. */
export function statusRow(
  wamid: string,
  status: string,
  changes: Partial<MessageStatus> & { said?: Record<string, unknown> } = {},
): MessageStatus {
  const { said = {}, ...members } = changes;
  const { at = NOON } = members;
  return {
    version: STATUS_BODY_VERSION,
    phone_number_id: NUMBER,
    wamid,
    status,
    participant: "",
    at,
    received_at: at,
    message_id: null,
    payload: JSON.stringify({ id: wamid, status, ...said }),
    ...members,
  };
}

/** Several statuses as the queue carries them, of a time and a number in common. */
export function statusPack(statuses: readonly MessageStatus[]): StatusPack {
  return {
    version: STATUS_PACK_VERSION,
    phone_number_id: NUMBER,
    received_at: statuses[0]?.received_at ?? NOON,
    statuses: statuses.map(({ payload, people }) => ({
      payload,
      ...(people === undefined ? {} : { people }),
    })),
  };
}

/** While the work goes on, D1 refuses the content of statuses of these wamids. */
export async function withRefused(
  wamids: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const name = unique("refuse_").replaceAll(/\W/g, "_");
  const list = wamids.map((wamid) => `'${wamid}'`).join(", ");
  await env.DB.prepare(
    `CREATE TRIGGER ${name} BEFORE INSERT ON message_statuses WHEN NEW.wamid IN (${list})
     BEGIN SELECT RAISE(ABORT, 'refused for a test'); END`,
  ).run();
  try {
    await work();
  } finally {
    await env.DB.prepare(`DROP TRIGGER ${name}`).run();
  }
}

/** Into D1, with what is left out empty. */
export async function projectRows(rows: Partial<Projection>): Promise<void> {
  await project(createDatabase(env.DB), { conversations: [], messages: [], sends: [], ...rows });
}

/** The one row of a query, every column as D1 holds it. */
export async function oneRow(
  query: string,
  ...values: unknown[]
): Promise<Record<string, unknown>> {
  const row = await env.DB.prepare(query)
    .bind(...values)
    .first();
  if (row === null) throw new Error(`no row: ${query}`);
  return row;
}

/** Every row of a query. */
export async function allRows(
  query: string,
  ...values: unknown[]
): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(query)
    .bind(...values)
    .all();
  return results;
}

/** A claimed message of ours that Meta has not taken yet, and its conversation. */
export async function claimOutbound(
  changes: Partial<OldClaim["message"]> = {},
): Promise<{ id: string; conversation: ConversationProjection }> {
  const conversation = conversationRow();
  const id = messageIdAt(NOON);
  await projectRows({ conversations: [conversation] });
  await claimByOldWorker({
    message: {
      id,
      conversation_id: conversation.id,
      phone_number_id: conversation.phone_number_id,
      direction: "outbound",
      type: "text",
      body: "Hola",
      payload: "{}",
      state: "pending",
      created_at: NOON,
      ...changes,
    },
    conversation: null,
  });
  return { id, conversation };
}

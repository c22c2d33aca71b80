/** What staff do to a conversation, at its object first and then in D1. */
import type { Config } from "../config.ts";
import { createGraphClient } from "../graph/graph-client.ts";
import { log } from "../observability/log.ts";
import { patchConversation, type ConversationRow } from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import { newestInbound, type MessageRow } from "../store/messages.ts";
import { callConversation } from "./call-conversation.ts";
import type { ConversationStatus } from "./conversation-state.ts";
import { recordChange } from "./record-change.ts";

export async function changeStatus(
  env: Env,
  database: Database,
  conversationId: string,
  status: ConversationStatus,
): Promise<void> {
  const id = env.CONVERSATION.idFromString(conversationId);
  const changed = await callConversation(env.CONVERSATION, id, (stub) => stub.setStatus(status));
  if (changed !== null) await recordChange(env, database, changed);
}

/**
 * Changes what D1 alone knows of a conversation. Its object hears of it first: an event that is
 * told though nothing changed does no harm, one that is never told does.
 */
export async function changeRecord(
  env: Env,
  database: Database,
  row: ConversationRow,
  change: { owner?: string | null; subject?: string | null; changed_by: string },
): Promise<void> {
  const { owner = row.owner, subject = row.subject, changed_by } = change;
  const given = { owner, subject, changed_by };
  if (owner === row.owner && subject === row.subject && changed_by === row.changed_by) return;
  const id = env.CONVERSATION.idFromString(row.id);
  const changed = await callConversation(env.CONVERSATION, id, (stub) => stub.announceChange());
  await patchConversation(database, row.id, given, Date.now());
  if (changed !== null) await recordChange(env, database, changed);
}

/** Moves the read mark up to a message, or to the newest, and shows the customer blue ticks. */
export async function markRead(
  env: Env,
  database: Database,
  config: Config,
  conversationId: string,
  upTo: MessageRow | null,
): Promise<void> {
  const id = env.CONVERSATION.idFromString(conversationId);
  const changed = await callConversation(env.CONVERSATION, id, (stub) =>
    stub.read(upTo?.id ?? null),
  );
  if (changed !== null) await recordChange(env, database, changed);
  const newest = await newestInbound(database, conversationId, upTo?.id ?? null);
  if (newest === null || newest.wamid === null) return;
  const client = createGraphClient(config);
  const answer = await client.markAsRead(newest.phone_number_id, newest.wamid, { typing: false });
  if (!answer.ok) log("error", "mark_as_read_failed", { code: answer.error.code });
}

/** What staff do to a conversation, at its object first and then in D1. */
import type { Config } from "../config.ts";
import { createGraphClient } from "../graph/graph-client.ts";
import { log } from "../log.ts";
import type { Database } from "../store/database.ts";
import { newestInbound, type MessageRow } from "../store/messages.ts";
import { project, type ConversationProjection } from "../store/projection.ts";
import { callConversation } from "./call-conversation.ts";
import type { ConversationStatus } from "./conversation-state.ts";

export async function changeStatus(
  env: Env,
  database: Database,
  conversationId: string,
  status: ConversationStatus,
): Promise<void> {
  const id = env.CONVERSATION.idFromString(conversationId);
  const conversation = await callConversation(env.CONVERSATION, id, (stub) =>
    stub.setStatus(status),
  );
  await bringIntoD1(database, conversation);
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
  const conversation = await callConversation(env.CONVERSATION, id, (stub) =>
    stub.read(upTo?.id ?? null),
  );
  await bringIntoD1(database, conversation);
  const newest = await newestInbound(database, conversationId, upTo?.id ?? null);
  if (newest === null || newest.wamid === null) return;
  const client = createGraphClient(config);
  const answer = await client.markAsRead(newest.phone_number_id, newest.wamid, { typing: false });
  if (!answer.ok) log("error", "mark_as_read_failed", { code: answer.error.code });
}

async function bringIntoD1(
  database: Database,
  conversation: ConversationProjection | null,
): Promise<void> {
  if (conversation === null) return;
  await project(database, { conversations: [conversation], messages: [], sends: [] });
}

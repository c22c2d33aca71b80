/**
 * Changes that staff make to a conversation, and what an object changed: at the object first, then in
 * D1, then to subscribers.
 */
import { waitUntil } from "cloudflare:workers";
import type { Config } from "../config/config.ts";
import { createGraphClient } from "../graph/client.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { SendProgress } from "../message/outgoing-message.ts";
import { putContact } from "../store/contacts.ts";
import {
  type ConversationRow,
  conversationsOf,
  patchConversation,
} from "../store/conversations.ts";
import type { Database } from "../store/d1.ts";
import { type MessageRow, newestInbound } from "../store/messages.ts";
import { project } from "../store/projection.ts";
import { eventOfStatus } from "../subscribers/event.ts";
import { queueEvents } from "../subscribers/queue.ts";
import { conversations } from "./client.ts";
import { eventOfProgress, sequencesOf } from "./events.ts";
import { sendProjection } from "./projection.ts";
import type { Changed } from "./rpc.ts";
import type { ConversationStatus } from "./state.ts";

/**
 * Resolves once D1 has the change; the events follow after the answer. Where either fails, the object's
 * alarm does it. Throws D1's error.
 */
export async function recordChange(
  env: Env,
  database: Database,
  { conversation, events }: Changed,
  sends: readonly SendProgress[] = [],
): Promise<void> {
  const { statuses } = await project(database, {
    conversations: [conversation],
    messages: [],
    sends: sends.map((progress) => sendProjection(conversation.id, progress)),
  });
  const queueAndSettle = async (): Promise<void> => {
    await queueEvents(env, [
      ...events,
      ...sends.map((progress) => eventOfProgress(progress, conversation.updated_at)),
      ...statuses.map(eventOfStatus),
    ]);
    await conversations(env).settle(conversation.id, {
      version: conversation.version,
      wamids: [],
      sends,
      events: sequencesOf(events),
    });
  };
  waitUntil(
    queueAndSettle().catch((error: unknown) => {
      log("error", "events_left_to_alarm", errorMembers(error));
    }),
  );
}

export async function changeStatus(
  env: Env,
  database: Database,
  conversationId: string,
  status: ConversationStatus,
): Promise<void> {
  const changed = await conversations(env).setStatus(conversationId, status);
  if (changed !== null) await recordChange(env, database, changed);
}

/**
 * Changes what only D1 knows about a conversation. Its object makes the event first: an event without a
 * change does no harm, a change without an event does.
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
  const changed = await conversations(env).announceChange(row.id);
  await patchConversation(database, row.id, given, Date.now());
  if (changed !== null) await recordChange(env, database, changed);
}

/** Moves the read mark to a message, or to the newest, and shows the customer blue ticks. */
export async function markRead(
  env: Env,
  database: Database,
  config: Config,
  conversationId: string,
  upTo: MessageRow | null,
): Promise<void> {
  const changed = await conversations(env).read(conversationId, upTo?.id ?? null);
  if (changed !== null) await recordChange(env, database, changed);
  const newest = await newestInbound(database, conversationId, upTo?.id ?? null);
  if (newest === null || newest.wamid === null) return;
  const client = createGraphClient(config);
  const answer = await client.markAsRead(newest.phone_number_id, newest.wamid, { typing: false });
  if (!answer.ok) log("error", "mark_as_read_failed", { code: answer.error.code });
}

/** Saves a contact; the person's conversations' objects make their events first, as in `changeRecord`. */
export async function giveContact(
  env: Env,
  database: Database,
  identity: { phone: string } | { user_id: string },
  contact: Parameters<typeof putContact>[1],
): Promise<void> {
  const rows = await conversationsOf(database, identity);
  const changed = await Promise.all(
    rows
      .filter(
        ({ contact_name, owner, changed_by }) =>
          contact_name !== contact.name ||
          owner !== contact.owner ||
          changed_by !== contact.changed_by,
      )
      .map(({ id }) => conversations(env).announceChange(id)),
  );
  await putContact(database, contact, Date.now());
  await Promise.all(
    changed.filter((each) => each !== null).map((each) => recordChange(env, database, each)),
  );
}

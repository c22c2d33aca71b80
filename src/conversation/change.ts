/** Changes that staff make to a conversation: its object commits them and brings them into D1. */
import type { Config } from "../config/config.ts";
import { createGraphClient } from "../graph/client.ts";
import { DeadlineExceeded } from "../lib/deadline.ts";
import { log } from "../lib/log.ts";
import { putContact } from "../store/contacts.ts";
import {
  type ConversationRow,
  conversationsOf,
  patchConversation,
  type RecordChange,
} from "../store/conversations.ts";
import type { Database } from "../store/d1.ts";
import { type MessageRow, newestInbound } from "../store/messages.ts";
import { conversations } from "./client.ts";
import type { Brought } from "./rpc.ts";
import type { ConversationStatus } from "./state/state.ts";

/** Throws unless D1 has the change: the caller's answer would show what was before. */
export function requireInD1(brought: Brought | null): void {
  if (brought !== null && brought.in_d1 !== true) {
    throw new DeadlineExceeded("D1 does not have the change yet: the object's alarm brings it");
  }
}

export async function changeStatus(
  env: Env,
  conversationId: string,
  status: ConversationStatus,
): Promise<void> {
  requireInD1(await conversations(env).setStatus(conversationId, status));
}

/**
 * Changes what only D1 knows about a conversation. Its object makes the event first and brings it last: an
 * event without a change does no harm, a change without an event does.
 */
export async function changeRecord(
  env: Env,
  database: Database,
  row: ConversationRow,
  change: RecordChange,
): Promise<void> {
  const { owner = row.owner, assignee = row.assignee, subject = row.subject, changed_by } = change;
  const isSame =
    owner === row.owner &&
    assignee === row.assignee &&
    subject === row.subject &&
    changed_by === row.changed_by;
  if (isSame) return;
  await conversations(env).announceChange(row.id);
  await patchConversation(database, row.id, change, Date.now());
  requireInD1(await conversations(env).bring(row.id));
}

/** Moves the read mark to a message, or to the newest, and shows the customer blue ticks. */
export async function markRead(
  env: Env,
  database: Database,
  config: Config,
  conversationId: string,
  upTo: MessageRow | null,
): Promise<void> {
  requireInD1(await conversations(env).read(conversationId, upTo?.id ?? null));
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
  const ids = rows
    .filter(
      ({ contact_name, owner, changed_by }) =>
        contact_name !== contact.name ||
        owner !== contact.owner ||
        changed_by !== contact.changed_by,
    )
    .map(({ id }) => id);
  await Promise.all(ids.map((id) => conversations(env).announceChange(id)));
  await putContact(database, contact, Date.now());
  const brought = await Promise.all(ids.map((id) => conversations(env).bring(id)));
  for (const each of brought) requireInD1(each);
}

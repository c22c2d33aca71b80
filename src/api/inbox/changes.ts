/** What the inbox's pages get of changes: the same frames by HTTP and by the feed. */
import { bytesOf } from "../../lib/bytes.ts";
import {
  type ChangedConversation,
  type ChangedIds,
  readChanges,
  rowsOf,
} from "../../store/changes.ts";
import type { Database } from "../../store/d1.ts";
import type { MessageRow } from "../../store/messages.ts";
import { viewsWithLastMessage } from "../conversations/last-message.ts";
import type { ConversationView } from "../conversations/schema.ts";
import { messageView } from "../messages/view.ts";
import type { ChangesFrame, ResetFrame } from "./schema.ts";

/** Of more a page loads its lists anew, which costs less than to be sent it. */
const CONVERSATIONS_MAX = 100;
const MESSAGES_MAX = 200;
const FRAME_MAX_BYTES = 256 * 1024;

/** A frame, and how far it brings its reader. */
export type Framed = { text: string; to: number; kind: "changes" | "reset" };

/** Everything that changed after a place in the log, as it is now; else that the page must load it anew. */
export async function changesAfter(
  database: Database,
  after: number,
  now: number,
): Promise<Framed> {
  const since = await readChanges(database, after);
  if (since.kind === "reset") return resetAt(since.to);
  const { to, ids } = since;
  const rows = await rowsOf(database, ids, {
    conversations: CONVERSATIONS_MAX + 1,
    messages: MESSAGES_MAX + 1,
  });
  if (rows.conversations.length > CONVERSATIONS_MAX || rows.messages.length > MESSAGES_MAX) {
    return resetAt(to);
  }
  const views = await viewsWithLastMessage(database, rows.conversations, now);
  const frame: ChangesFrame = {
    t: "changes",
    from: after,
    to,
    conversations: changedViews(views, rows.conversations, rows.messages),
    messages: rows.messages.map(messageView),
    gone: goneOf(ids, rows),
    templates: ids.templates,
  };
  const text = JSON.stringify(frame);
  const isSmall = bytesOf(text) <= FRAME_MAX_BYTES;
  return isSmall ? { text, to, kind: "changes" } : resetAt(to);
}

/** The page loads what it shows anew, and goes on from there. */
export function resetAt(to: number): Framed {
  const frame: ResetFrame = { t: "reset", seq: to };
  return { text: JSON.stringify(frame), to, kind: "reset" };
}

/** Those that changed themselves, and those that show a message that did. */
function changedViews(
  views: readonly ConversationView[],
  rows: readonly ChangedConversation[],
  messages: readonly MessageRow[],
): ConversationView[] {
  const changed = new Set([
    ...rows.flatMap(({ id, is_named }) => (is_named === 1 ? [id] : [])),
    ...messages.map(({ id }) => id),
  ]);
  return views.filter(
    ({ id, last_message }) => changed.has(id) || changed.has(last_message?.id ?? ""),
  );
}

/** Ids that stand for nothing any more: erased, merged into another, or given another place. */
function goneOf(
  { conversations, messages }: ChangedIds,
  rows: { conversations: readonly { id: string }[]; messages: readonly { id: string }[] },
): string[] {
  const there = new Set([...rows.conversations, ...rows.messages].map(({ id }) => id));
  return [...conversations, ...messages].filter((id) => !there.has(id));
}

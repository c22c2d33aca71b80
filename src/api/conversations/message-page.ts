/** Pages of a conversation's messages: the newest first, those after one, or those around one. */
import { isMessageId } from "../../lib/ids.ts";
import type { FieldError } from "../../lib/problem.ts";
import { findConversation } from "../../store/conversations.ts";
import type { Database } from "../../store/d1.ts";
import { findMessage } from "../../store/find-message.ts";
import { listMessages, listNewerMessages, type MessageRow } from "../../store/messages.ts";
import type { MessageView } from "../messages/schema.ts";
import { messageView } from "../messages/view.ts";
import { type PageQuery, type PageRequest, type PageResult, pageView, parsePage } from "../page.ts";

type MessagePageRequest = PageRequest & {
  /** Only those after this id, oldest first. */
  newerThan: string | null;
  /** A message by id or wamid, which stands in the middle. */
  around: string | null;
};

type MessagePage =
  | { ok: true; data: MessageView[]; next_cursor: string | null }
  | { ok: false; reason: "unknown" }
  | { ok: false; reason: "invalid"; errors: FieldError[] };

/** Reads `after` or `around`, `limit` and `cursor`. */
export function parseMessagePage({
  after: newerThan,
  around,
  ...query
}: PageQuery & {
  readonly after?: string;
  readonly around?: string;
}): PageResult<MessagePageRequest> {
  const paged = parsePage(query);
  const errors = paged.ok ? [] : [...paged.errors];
  if (newerThan !== undefined && !isMessageId(newerThan)) {
    errors.push({ pointer: "/after", detail: "must be the id of a message, msg_…" });
  }
  if (around !== undefined && (newerThan !== undefined || query.cursor !== undefined)) {
    const detail = "can't be combined with after or cursor: leave them out";
    errors.push({ pointer: "/around", detail });
  }
  if (!paged.ok || errors.length > 0) return { ok: false, errors };
  return {
    ok: true,
    page: { ...paged.page, newerThan: newerThan ?? null, around: around ?? null },
  };
}

export async function messagePage(
  database: Database,
  conversationId: string,
  { limit, after, newerThan, around }: MessagePageRequest,
): Promise<MessagePage> {
  if (around !== null) return pageAround(database, conversationId, around, limit);
  const rows =
    newerThan === null
      ? await listMessages(database, conversationId, { after: after?.id ?? null, limit: limit + 1 })
      : await listNewerMessages(database, conversationId, {
          after: after?.id ?? newerThan,
          limit: limit + 1,
        });
  if (rows.length === 0 && (await findConversation(database, conversationId)) === null) {
    return { ok: false, reason: "unknown" };
  }
  return pageOf(rows, limit);
}

/** As many newer ones as older ones, if there are; its cursor leads on to the older. */
async function pageAround(
  database: Database,
  conversationId: string,
  reference: string,
  limit: number,
): Promise<MessagePage> {
  const [conversation, middle] = await Promise.all([
    findConversation(database, conversationId),
    findMessage(database, reference),
  ]);
  if (conversation === null) return { ok: false, reason: "unknown" };
  if (middle?.conversation_id !== conversation.id) {
    const detail = "must be the id or wamid of a message of this conversation";
    return { ok: false, reason: "invalid", errors: [{ pointer: "/around", detail }] };
  }
  const [newer, older] = await Promise.all([
    listNewerMessages(database, conversation.id, {
      after: middle.id,
      limit: Math.floor((limit - 1) / 2),
    }),
    listMessages(database, conversation.id, { after: middle.id, limit }),
  ]);
  return pageOf([...newer.toReversed(), middle, ...older], limit);
}

/** @param rows one more than the limit at least, if there are */
function pageOf(rows: readonly MessageRow[], limit: number): MessagePage {
  const page = pageView(rows, limit, ({ created_at: at, id }) => ({ at, id }), messageView);
  return { ok: true, ...page };
}

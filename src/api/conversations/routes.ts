/** `/v1/conversations`: list, look up, change, read. */
import type { Context } from "hono";
import { changeRecord, changeStatus, markRead } from "../../conversation/change.ts";
import { jsonBody, optionalJsonBody } from "../../http/body.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { authorize } from "../../http/middleware.ts";
import { invalidRequest, notFound } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { COUNT_MAX, countConversations } from "../../store/conversation-counts.ts";
import { findConversation } from "../../store/conversations.ts";
import { findMessage } from "../../store/find-message.ts";
import { pageQuery } from "../page.ts";
import { conversationPatchBody, conversationReadBody } from "./bodies.ts";
import { conversationPage, parseConversationPage } from "./list.ts";
import { messagePage, parseMessagePage } from "./message-page.ts";
import type { CountsView } from "./schema.ts";
import { conversationView } from "./view.ts";

export const conversationRoutes = createRoutes()
  .get("/conversations", authorize("read"), pageQuery(parseConversationPage), async (context) => {
    const { database } = context.var;
    const page = await conversationPage(database, context.req.valid("query"));
    if (!page.ok) return invalidRequest(context, page.errors);
    const { data, next_cursor } = page;
    return context.json({ data, next_cursor }, 200);
  })
  .get("/conversations/:id", authorize("read"), async (context) => {
    return shownConversation(context, context.req.param("id"));
  })
  .patch(
    "/conversations/:id",
    authorize("send"),
    jsonBody(conversationPatchBody),
    async (context) => {
      const { database } = context.var;
      const found = await findConversation(database, context.req.param("id"));
      if (found === null) return notFound(context, "conversation");
      // The id of a merged conversation means the one that it became part of.
      const { id } = found;
      const { status, ...record } = context.req.valid("json");
      if (status !== undefined) await changeStatus(context.env, id, status);
      if ([status, ...Object.values(record)].some((given) => given !== undefined)) {
        await changeRecord(context.env, database, found, {
          ...record,
          changed_by: context.var.caller?.name ?? "",
        });
      }
      return shownConversation(context, id);
    },
  )
  .get(
    "/conversations/:id/messages",
    authorize("read"),
    pageQuery(parseMessagePage),
    async (context) => {
      const id = context.req.param("id");
      const page = await messagePage(context.var.database, id, context.req.valid("query"));
      if (page.ok) return context.json({ data: page.data, next_cursor: page.next_cursor }, 200);
      return page.reason === "unknown"
        ? notFound(context, "conversation")
        : invalidRequest(context, page.errors);
    },
  )
  .get("/counts", authorize("read"), async (context) => {
    const { caller, database } = context.var;
    const counts = await countConversations(database, caller?.name ?? "");
    const open = Math.min(counts.pending + counts.active, COUNT_MAX);
    const view: CountsView = { open, ...counts };
    return context.json(view, 200);
  })
  .post(
    "/conversations/:id/read",
    authorize("send"),
    optionalJsonBody(conversationReadBody),
    async (context) => {
      const { database } = context.var;
      const found = await findConversation(database, context.req.param("id"));
      if (found === null) return notFound(context, "conversation");
      const { id } = found;
      const { up_to } = context.req.valid("json");
      const upTo = up_to === undefined ? null : await findMessage(database, up_to);
      if (up_to !== undefined && upTo?.conversation_id !== id) {
        const detail = "must be the id of a message of this conversation";
        return invalidRequest(context, [{ pointer: "/up_to", detail }]);
      }
      await markRead(context.env, database, context.var.config, id, upTo);
      return shownConversation(context, id);
    },
  );

async function shownConversation(context: Context<ApiEnvironment>, id: string) {
  const row = await findConversation(context.var.database, id);
  return row === null
    ? notFound(context, "conversation")
    : context.json(conversationView(row, Date.now()), 200);
}

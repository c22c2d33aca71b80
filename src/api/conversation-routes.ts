/** `/v1/conversations`: list, look up, change, read. */
import { Hono } from "hono";
import { changeRecord, changeStatus, markRead } from "../conversation/staff-actions.ts";
import { findConversation } from "../store/conversations.ts";
import { createDatabase } from "../store/database.ts";
import { findMessage, listMessages } from "../store/messages.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { conversationPage, parseConversationPage } from "./conversation-list.ts";
import { conversationView } from "./conversation-view.ts";
import { invalidRequest, notFound } from "./invalid-request.ts";
import { jsonBody, optionalJsonBody } from "./json-body.ts";
import { messageView } from "./message-view.ts";
import { pageQuery } from "./page-query.ts";
import { pageView, parsePage } from "./page.ts";
import { conversationPatchBody, conversationReadBody } from "./schemas/conversation-bodies.ts";

export const conversationRoutes = new Hono<ApiEnvironment>()
  .get(
    "/v1/conversations",
    authorize("read"),
    pageQuery(parseConversationPage),
    async (context) => {
      const database = createDatabase(context.env.DB);
      const page = await conversationPage(database, context.req.valid("query"));
      if (!page.ok) return invalidRequest(context, page.errors);
      const { data, next_cursor } = page;
      return context.json({ data, next_cursor }, 200);
    },
  )
  .get("/v1/conversations/:id", authorize("read"), async (context) => {
    const row = await findConversation(createDatabase(context.env.DB), context.req.param("id"));
    if (row === null) return notFound(context, "conversation");
    return context.json(conversationView(row, Date.now()), 200);
  })
  .patch(
    "/v1/conversations/:id",
    authorize("send"),
    jsonBody(conversationPatchBody),
    async (context) => {
      const database = createDatabase(context.env.DB);
      const found = await findConversation(database, context.req.param("id"));
      if (found === null) return notFound(context, "conversation");
      // A merged id stands for the conversation it became part of.
      const { id } = found;
      const { status, owner, subject } = context.req.valid("json");
      if (status !== undefined) await changeStatus(context.env, database, id, status);
      if ([status, owner, subject].some((given) => given !== undefined)) {
        await changeRecord(context.env, database, found, {
          ...(owner === undefined ? {} : { owner }),
          ...(subject === undefined ? {} : { subject }),
          changed_by: context.var.caller?.name ?? "",
        });
      }
      const row = await findConversation(database, id);
      if (row === null) return notFound(context, "conversation");
      return context.json(conversationView(row, Date.now()), 200);
    },
  )
  .get(
    "/v1/conversations/:id/messages",
    authorize("read"),
    pageQuery(parsePage),
    async (context) => {
      const database = createDatabase(context.env.DB);
      const id = context.req.param("id");
      const { limit, after } = context.req.valid("query");
      const rows = await listMessages(database, id, { after: after?.id ?? null, limit: limit + 1 });
      if (rows.length === 0 && (await findConversation(database, id)) === null) {
        return notFound(context, "conversation");
      }
      return context.json(
        pageView(rows, limit, (row) => ({ at: row.created_at, id: row.id }), messageView),
        200,
      );
    },
  )
  .post(
    "/v1/conversations/:id/read",
    authorize("send"),
    optionalJsonBody(conversationReadBody),
    async (context) => {
      const database = createDatabase(context.env.DB);
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
      const row = await findConversation(database, id);
      if (row === null) return notFound(context, "conversation");
      return context.json(conversationView(row, Date.now()), 200);
    },
  );

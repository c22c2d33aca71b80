/** `/v1/conversations`: list, look up, change, read. */
import { Hono } from "hono";
import * as v from "valibot";
import { changeRecord, changeStatus, markRead } from "../conversation/staff-actions.ts";
import { checkValue } from "../messages/check-value.ts";
import { requiredText } from "../messages/schema-parts.ts";
import { findConversation } from "../store/conversations.ts";
import { createDatabase } from "../store/database.ts";
import { findMessage, listMessages } from "../store/messages.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { listPage } from "./conversation-list.ts";
import { conversationView } from "./conversation-view.ts";
import { invalidRequest, notFound } from "./invalid-request.ts";
import { messageView } from "./message-view.ts";
import { pageView, parsePage } from "./page.ts";
import { readJson, readOptionalJson } from "./read-json.ts";
import { requestObject } from "./request-object.ts";

const SUBJECT_MAX_CHARACTERS = 256;
const OWNER_MAX_CHARACTERS = 256;

const patchSchema = requestObject({
  status: v.optional(
    v.picklist(["pending", "active", "closed"], "must be pending, active or closed"),
  ),
  owner: v.optional(v.nullable(requiredText(OWNER_MAX_CHARACTERS))),
  subject: v.optional(v.nullable(requiredText(SUBJECT_MAX_CHARACTERS))),
});

const readSchema = requestObject({ up_to: v.optional(v.string()) });

export const conversationRoutes = new Hono<ApiEnvironment>()
  .get("/v1/conversations", authorize("read"), async (context) => {
    const list = await listPage(createDatabase(context.env.DB), context.req.query());
    return list.ok ? context.json(list.page) : invalidRequest(context, list.errors);
  })
  .get("/v1/conversations/:id", authorize("read"), async (context) => {
    const row = await findConversation(createDatabase(context.env.DB), context.req.param("id"));
    if (row === null) return notFound(context, "conversation");
    return context.json(conversationView(row, Date.now()));
  })
  .patch("/v1/conversations/:id", authorize("send"), async (context) => {
    const body = await readJson(context);
    if (!body.ok) return body.response;
    const checked = checkValue(patchSchema, body.value, []);
    if (!checked.ok) return invalidRequest(context, checked.errors);
    const database = createDatabase(context.env.DB);
    const found = await findConversation(database, context.req.param("id"));
    if (found === null) return notFound(context, "conversation");
    // A merged id stands for the conversation it became part of.
    const { id } = found;
    const { status, owner, subject } = checked.value;
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
    return context.json(conversationView(row, Date.now()));
  })
  .get("/v1/conversations/:id/messages", authorize("read"), async (context) => {
    const paged = parsePage(context.req.query());
    if (!paged.ok) return invalidRequest(context, paged.errors);
    const database = createDatabase(context.env.DB);
    const id = context.req.param("id");
    const { limit, after } = paged.page;
    const rows = await listMessages(database, id, { after: after?.id ?? null, limit: limit + 1 });
    if (rows.length === 0 && (await findConversation(database, id)) === null) {
      return notFound(context, "conversation");
    }
    return context.json(
      pageView(rows, limit, (row) => ({ at: row.created_at, id: row.id }), messageView),
    );
  })
  .post("/v1/conversations/:id/read", authorize("send"), async (context) => {
    const body = await readOptionalJson(context);
    if (!body.ok) return body.response;
    const checked = checkValue(readSchema, body.value, []);
    if (!checked.ok) return invalidRequest(context, checked.errors);
    const database = createDatabase(context.env.DB);
    const found = await findConversation(database, context.req.param("id"));
    if (found === null) return notFound(context, "conversation");
    const { id } = found;
    const { up_to } = checked.value;
    const upTo = up_to === undefined ? null : await findMessage(database, up_to);
    if (up_to !== undefined && upTo?.conversation_id !== id) {
      const detail = "must be the id of a message of this conversation";
      return invalidRequest(context, [{ pointer: "/up_to", detail }]);
    }
    await markRead(context.env, database, context.var.config, id, upTo);
    const row = await findConversation(database, id);
    if (row === null) return notFound(context, "conversation");
    return context.json(conversationView(row, Date.now()));
  });

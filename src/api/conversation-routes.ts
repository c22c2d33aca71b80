/** `/v1/conversations`: list, look up, change, read. */
import { Hono } from "hono";
import { isBsuid } from "../customer/bsuid.ts";
import { canonicalPhone, parsePhone } from "../customer/phone-number.ts";
import { changeStatus, markRead } from "../conversation/staff-actions.ts";
import type { FieldError } from "../http/problem.ts";
import { checkValue } from "../messages/check-value.ts";
import {
  findConversation,
  listConversations,
  patchConversation,
  type ConversationFilter,
} from "../store/conversations.ts";
import { createDatabase } from "../store/database.ts";
import { findMessage, listMessages } from "../store/messages.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { conversationView } from "./conversation-view.ts";
import { invalidRequest, notFound } from "./invalid-request.ts";
import { messageView } from "./message-view.ts";
import { pageView, parsePage } from "./page.ts";
import { readJson, readOptionalJson } from "./read-json.ts";
import { conversationPatchBody, conversationReadBody } from "./schemas/conversation-bodies.ts";

const FILTERS = ["status", "unread", "owner", "contact", "phone_number_id"] as const;

export const conversationRoutes = new Hono<ApiEnvironment>()
  .get("/v1/conversations", authorize("read"), async (context) => {
    const query = context.req.query();
    const paged = parsePage(query);
    const filtered = parseFilter(query);
    if (!paged.ok || !filtered.ok) {
      return invalidRequest(context, [
        ...(paged.ok ? [] : paged.errors),
        ...(filtered.ok ? [] : filtered.errors),
      ]);
    }
    const { limit, after } = paged.page;
    const rows = await listConversations(createDatabase(context.env.DB), {
      filter: filtered.filter,
      after: after === null ? null : { last_message_at: after.at, id: after.id },
      limit: limit + 1,
    });
    const now = Date.now();
    return context.json(
      pageView(
        rows,
        limit,
        (row) => ({ at: row.last_message_at, id: row.id }),
        (row) => conversationView(row, now),
      ),
    );
  })
  .get("/v1/conversations/:id", authorize("read"), async (context) => {
    const row = await findConversation(createDatabase(context.env.DB), context.req.param("id"));
    if (row === null) return notFound(context, "conversation");
    return context.json(conversationView(row, Date.now()));
  })
  .patch("/v1/conversations/:id", authorize("send"), async (context) => {
    const body = await readJson(context);
    if (!body.ok) return body.response;
    const checked = checkValue(conversationPatchBody, body.value, []);
    if (!checked.ok) return invalidRequest(context, checked.errors);
    const database = createDatabase(context.env.DB);
    const found = await findConversation(database, context.req.param("id"));
    if (found === null) return notFound(context, "conversation");
    // A merged id stands for the conversation it became part of.
    const { id } = found;
    const { status, owner, subject } = checked.value;
    if (status !== undefined) await changeStatus(context.env, database, id, status);
    if (owner !== undefined || subject !== undefined) {
      const change = {
        ...(owner === undefined ? {} : { owner }),
        ...(subject === undefined ? {} : { subject }),
      };
      await patchConversation(database, id, change, Date.now());
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
    const checked = checkValue(conversationReadBody, body.value, []);
    if (!checked.ok) return invalidRequest(context, checked.errors);
    const database = createDatabase(context.env.DB);
    const found = await findConversation(database, context.req.param("id"));
    if (found === null) return notFound(context, "conversation");
    const { id } = found;
    const { up_to } = checked.value;
    const upTo = up_to === undefined ? null : await findMessage(database, up_to);
    if (up_to !== undefined && upTo?.conversation_id !== id) {
      const detail = "the id of a message of this conversation";
      return invalidRequest(context, [{ pointer: "/up_to", detail }]);
    }
    await markRead(context.env, database, context.var.config, id, upTo);
    const row = await findConversation(database, id);
    if (row === null) return notFound(context, "conversation");
    return context.json(conversationView(row, Date.now()));
  });

type FilterResult = { ok: true; filter: ConversationFilter } | { ok: false; errors: FieldError[] };

function parseFilter(query: Readonly<Record<string, string>>): FilterResult {
  const given = FILTERS.filter((name) => query[name] !== undefined);
  const [name, second] = given;
  if (second !== undefined) {
    return refuse(second, `one filter at a time, got ${given.join(" and ")}`);
  }
  if (name === undefined) return { ok: true, filter: { by: "all" } };
  const value = query[name] ?? "";
  switch (name) {
    case "status":
      return value === "pending" || value === "active" || value === "closed"
        ? { ok: true, filter: { by: "status", status: value } }
        : refuse(name, "pending, active or closed");
    case "unread":
      return value === "true"
        ? { ok: true, filter: { by: "unread" } }
        : refuse(name, "true, or leave it out");
    case "owner":
      return { ok: true, filter: { by: "owner", owner: value } };
    case "contact": {
      if (isBsuid(value)) return { ok: true, filter: { by: "user", user_id: value } };
      const phone = parsePhone(value);
      return {
        ok: true,
        filter: phone.ok
          ? { by: "phone", phone: canonicalPhone(phone.digits) }
          : { by: "verbatim", identity: value },
      };
    }
    case "phone_number_id":
      return { ok: true, filter: { by: "phone_number_id", phone_number_id: value } };
  }
}

function refuse(name: string, detail: string): FilterResult {
  return { ok: false, errors: [{ pointer: `/${name}`, detail }] };
}

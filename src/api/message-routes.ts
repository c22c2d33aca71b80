/** `/v1/messages`: send, look up, cancel, send again, mark as read. */
import { Hono } from "hono";
import { createGraphClient } from "../graph/graph-client.ts";
import { problemResponse } from "../http/problem.ts";
import { canonicalJson } from "../messages/canonical-json.ts";
import { parseSendRequest } from "../messages/send-request.ts";
import { cancelMessage } from "../conversation/cancel-message.ts";
import { sendMessage } from "../conversation/send-message.ts";
import { createDatabase } from "../store/database.ts";
import { findMessage, listStatuses } from "../store/messages.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { invalidRequest, notFound } from "./invalid-request.ts";
import { messageView, statusView } from "./message-view.ts";
import { metaProblem } from "./meta-problem.ts";
import { readJson } from "./read-json.ts";
import { sendAnswer } from "./send-answer.ts";

const IDEMPOTENCY_KEY_MAX_CHARACTERS = 255;

export const messageRoutes = new Hono<ApiEnvironment>()
  .post("/v1/messages", authorize("send"), async (context) => {
    const { caller, config } = context.var;
    const key = context.req.header("idempotency-key") ?? null;
    if (key !== null && (key === "" || key.length > IDEMPOTENCY_KEY_MAX_CHARACTERS)) {
      const detail = `the Idempotency-Key header: 1 to ${IDEMPOTENCY_KEY_MAX_CHARACTERS} characters, got ${key.length}`;
      return invalidRequest(context, [{ pointer: "", detail }]);
    }
    const body = await readJson(context);
    if (!body.ok) return body.response;
    const parsed = parseSendRequest(body.value, Date.now());
    if (!parsed.ok) return invalidRequest(context, parsed.errors);
    const outcome = await sendMessage(
      context.env,
      parsed.request,
      parsed.request.from ?? config.phoneNumberId,
      {
        sentBy: caller?.name ?? "",
        idempotencyKey: key,
        // What was parsed from JSON is JSON.
        requestHash: await digest(canonicalJson(body.value as JsonValue)),
        resendOf: null,
      },
    );
    return sendAnswer(context, outcome);
  })
  .get("/v1/messages/:id", authorize("read"), async (context) => {
    const database = createDatabase(context.env.DB);
    const row = await findMessage(database, context.req.param("id"));
    if (row === null) return notFound(context, "message");
    const statuses =
      row.wamid === null ? [] : await listStatuses(database, { ...row, wamid: row.wamid });
    return context.json({ ...messageView(row), statuses: statuses.map(statusView) });
  })
  .delete("/v1/messages/:id", authorize("send"), async (context) => {
    const database = createDatabase(context.env.DB);
    const row = await findMessage(database, context.req.param("id"));
    if (row === null) return notFound(context, "message");
    const canceled = await cancelMessage(context.env, database, row);
    if (canceled.state === "canceled") return context.json(messageView(canceled));
    return problemResponse(
      {
        code: "not_cancelable",
        detail: `Only a message that is scheduled or queued can be canceled; this one is ${messageView(canceled).status}.`,
        members: { message_id: row.id },
      },
      context.var.requestId,
    );
  })
  .post("/v1/messages/:id/read", authorize("send"), async (context) => {
    const database = createDatabase(context.env.DB);
    const typing = await readTyping(context.req.raw);
    if (typing === null) {
      const detail = 'a JSON object with nothing but "typing": true or false, or no body at all';
      return invalidRequest(context, [{ pointer: "/typing", detail }]);
    }
    const row = await findMessage(database, context.req.param("id"));
    if (row === null) return notFound(context, "message");
    if (row.direction !== "inbound" || row.wamid === null) {
      const detail = "Only a message from a customer can be marked as read; this one is ours.";
      return problemResponse({ code: "invalid_request", detail }, context.var.requestId);
    }
    const client = createGraphClient(context.var.config);
    const answer = await client.markAsRead(row.phone_number_id, row.wamid, { typing });
    return answer.ok
      ? context.json({ success: true })
      : problemResponse(metaProblem(answer, "rejected_by_meta"), context.var.requestId);
  });

/** `{"typing": true}`, `{}` or nothing; null for anything else. */
async function readTyping(request: Request): Promise<boolean | null> {
  const text = await request.text();
  if (text.trim() === "") return false;
  try {
    const body: unknown = JSON.parse(text);
    if (!isJsonObject(body)) return null;
    const { typing = false, ...rest } = body;
    return typeof typing === "boolean" && Object.keys(rest).length === 0 ? typing : null;
  } catch {
    return null;
  }
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex();
}

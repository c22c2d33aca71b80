/** `/v1/messages`: send, look up, cancel, send again, mark as read. */
import { Hono } from "hono";
import * as v from "valibot";
import { createGraphClient } from "../graph/graph-client.ts";
import { problemResponse } from "../http/problem.ts";
import { cancelMessage } from "../conversation/cancel-message.ts";
import { resendMessage } from "../conversation/resend-message.ts";
import { sendBatch, type BatchOutcome } from "../conversation/send-batch.ts";
import { sendMessage } from "../conversation/send-message.ts";
import { checkValue } from "../messages/check-value.ts";
import { createDatabase } from "../store/database.ts";
import { findMessage, listStatuses } from "../store/messages.ts";
import { isJsonObject } from "../json.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { invalidProblem, invalidRequest, notFound } from "./invalid-request.ts";
import { messageView, statusView } from "./message-view.ts";
import { metaProblem } from "./meta-problem.ts";
import { readJson, readOptionalJson } from "./read-json.ts";
import { claimFor, readBatchEntry, readSend, type SendReading } from "./read-send.ts";
import { requestObject } from "./request-object.ts";
import { batchView, sendAnswer } from "./send-answer.ts";

const BATCH_MAX_MESSAGES = 500;

const readSchema = requestObject({ typing: v.optional(v.boolean(), false) });

export const messageRoutes = new Hono<ApiEnvironment>()
  .post("/v1/messages", authorize("send"), async (context) => {
    const body = await readJson(context);
    if (!body.ok) return body.response;
    const reading = await readSend(body.value, context.req.header("idempotency-key"), context.var);
    if (!reading.ok) return invalidRequest(context, reading.errors);
    const { request, phoneNumberId, claim } = reading.entry;
    return sendAnswer(context, await sendMessage(context.env, request, phoneNumberId, claim));
  })
  .post("/v1/messages/batch", authorize("send"), async (context) => {
    const body = await readJson(context);
    if (!body.ok) return body.response;
    const messages = isJsonObject(body.value) ? body.value["messages"] : null;
    if (!Array.isArray(messages) || messages.length < 1 || messages.length > BATCH_MAX_MESSAGES) {
      const detail = `must be an array of 1 to ${BATCH_MAX_MESSAGES} messages`;
      return invalidRequest(context, [{ pointer: "/messages", detail }]);
    }
    const readings = await Promise.all(
      messages.map((message: unknown) => readBatchEntry(message, context.var)),
    );
    const outcomes = await sendBatch(
      context.env,
      readings.flatMap((reading) => (reading.ok ? [reading.entry] : [])),
    );
    return context.json(
      {
        data: readings.map((reading, index) => {
          const outcome = reading.ok ? outcomes.shift() : undefined;
          return batchView(outcome ?? refusedEntry(reading), index, context.var.requestId);
        }),
      },
      202,
    );
  })
  .post("/v1/messages/:id/resend", authorize("send"), async (context) => {
    const database = createDatabase(context.env.DB);
    const row = await findMessage(database, context.req.param("id"));
    if (row === null) return notFound(context, "message");
    const key = context.req.header("idempotency-key");
    const claim = await claimFor({ resend_of: row.id }, key, context.var.caller);
    const outcome = await resendMessage(context.env, row, claim);
    if (outcome !== null) return sendAnswer(context, outcome);
    const { status } = messageView(row);
    return problemResponse(
      {
        code: "not_resendable",
        detail: `Only a message that is failed or unconfirmed can be sent again; this one is ${status}.`,
        members: { message_id: row.id },
      },
      context.var.requestId,
    );
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
    const body = await readOptionalJson(context);
    if (!body.ok) return body.response;
    const checked = checkValue(readSchema, body.value, []);
    if (!checked.ok) return invalidRequest(context, checked.errors);
    const { typing } = checked.value;
    const database = createDatabase(context.env.DB);
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

function refusedEntry(reading: SendReading): BatchOutcome {
  const errors = reading.ok ? [] : reading.errors;
  return { kind: "refused", problem: invalidProblem(errors) };
}

/** `/v1/messages`: send, look up, cancel, send again, mark as read. */
import * as v from "valibot";
import { createGraphClient } from "../../graph/client.ts";
import { jsonBody, optionalJsonBody } from "../../http/body.ts";
import { notAllowed } from "../../http/encoding.ts";
import { authorize } from "../../http/middleware.ts";
import { invalidRequest, metaProblem, notFound, refuse } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { isJsonObject } from "../../lib/json.ts";
import { resendMessage } from "../../send/resend.ts";
import { cancelMessage, sendMessage } from "../../send/send.ts";
import { findMessage } from "../../store/find-message.ts";
import { requestObject } from "../schema.ts";
import { sendAnswer } from "./answer.ts";
import { messageReadBody } from "./read-body.ts";
import { answerBatch, claimFor, readSend } from "./read.ts";
import type { SendBatchBody, SendBody } from "./send-schema.ts";
import { describeMessage, messageView } from "./view.ts";

/** Any object: `readSend` checks its members and reports everything that is wrong. */
const sendObject = v.pipe(
  v.custom<SendBody>(isJsonObject),
  v.transform((body): object => body),
);

/** Any `messages`: `answerBatch` checks them one by one. */
const batchObject = requestObject({
  messages: v.custom<SendBatchBody["messages"]>(() => true),
});

const BATCH_PATH = "/messages/batch";

export const messageRoutes = createRoutes()
  // Before the routes with an id, which would take "batch" for one.
  .use(BATCH_PATH, async (context, next) => {
    const { method } = context.req;
    if (method === "POST") return next();
    return refuse(context, notAllowed(method, ["POST"]));
  })
  .post("/messages", authorize("send"), jsonBody(sendObject), async (context) => {
    const body = context.req.valid("json");
    const reading = await readSend(body, context.req.header("idempotency-key"), context.var);
    if (!reading.ok) return invalidRequest(context, reading.errors);
    const { request, phoneNumberId, claim } = reading.entry;
    return sendAnswer(context, await sendMessage(context.env, request, phoneNumberId, claim));
  })
  .post(BATCH_PATH, authorize("send"), jsonBody(batchObject), async (context) => {
    const { messages } = context.req.valid("json");
    const { requestId } = context.var;
    const answer = await answerBatch(context.env, messages, context.var, requestId);
    return answer.ok
      ? context.json({ data: answer.data }, 202)
      : invalidRequest(context, answer.errors);
  })
  .post("/messages/:id/resend", authorize("send"), async (context) => {
    const { database } = context.var;
    const row = await findMessage(database, context.req.param("id"));
    if (row === null) return notFound(context, "message");
    const key = context.req.header("idempotency-key");
    const claim = await claimFor({ resend_of: row.id }, key, context.var.caller);
    const outcome = await resendMessage(context.env, row, claim);
    if (outcome !== null) return sendAnswer(context, outcome);
    const { status } = messageView(row);
    return refuse(context, {
      code: "not_resendable",
      detail: `Only a message that is failed or unconfirmed can be sent again; this one is ${status}.`,
      members: { message_id: row.id },
    });
  })
  .get("/messages/:id", authorize("read"), async (context) => {
    const message = await describeMessage(context.var.database, context.req.param("id"));
    return message === null ? notFound(context, "message") : context.json(message, 200);
  })
  .delete("/messages/:id", authorize("send"), async (context) => {
    const { database } = context.var;
    const row = await findMessage(database, context.req.param("id"));
    if (row === null) return notFound(context, "message");
    const canceled = await cancelMessage(context.env, row);
    if (canceled === null) return notFound(context, "message");
    if (canceled.state === "canceled") return context.json(messageView(canceled), 200);
    return refuse(context, {
      code: "not_cancelable",
      detail: `Only a message that is scheduled or queued can be canceled; this one is ${messageView(canceled).status}.`,
      members: { message_id: row.id },
    });
  })
  .post(
    "/messages/:id/read",
    authorize("send"),
    optionalJsonBody(messageReadBody),
    async (context) => {
      const { typing } = context.req.valid("json");
      const { database } = context.var;
      const row = await findMessage(database, context.req.param("id"));
      if (row === null) return notFound(context, "message");
      if (row.direction !== "inbound" || row.wamid === null) {
        const detail = "Only a message from a customer can be marked as read; this one is ours.";
        return refuse(context, { code: "invalid_request", detail });
      }
      const client = createGraphClient(context.var.config);
      const answer = await client.markAsRead(row.phone_number_id, row.wamid, { typing });
      return answer.ok
        ? context.json({ success: true }, 200)
        : refuse(context, metaProblem(answer, "rejected_by_meta"));
    },
  );

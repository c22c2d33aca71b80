/** `POST /{phone_number_id}/messages`: a message to send, or one of a customer's to mark as read. */
import { Hono, type Context } from "hono";
import { sendMessage } from "../../conversation/send-message.ts";
import { createGraphClient } from "../../graph/graph-client.ts";
import type { Problem, ProblemCode } from "../../http/problem.ts";
import { isJsonObject, type JsonObject } from "../../json/json.ts";
import { checkValue, nounOf } from "../../messages/check-value.ts";
import { findUnsendableValues } from "../../messages/unsendable-values.ts";
import { createDatabase } from "../../store/database.ts";
import { findMessage } from "../../store/messages.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { invalidProblem, unknownProblem } from "../invalid-request.ts";
import { metaProblem } from "../meta-problem.ts";
import { readJson } from "../read-json.ts";
import { readSend } from "../read-send.ts";
import { sendResult } from "../send-answer.ts";
import { authorizeGraph, refuse, requireGraphId } from "./graph-context.ts";
import { readMarkSchema, unknownMembers } from "./graph-read-mark.ts";
import { foreignMembers, givenMembers, sendInput, sentAnswer } from "./graph-send.ts";
import { withoutNulls } from "./without-nulls.ts";

type GraphContext = Context<ApiEnvironment>;

/** Refusals of the request, while its message stands and is sent by itself. */
const STANDING: ReadonlySet<ProblemCode> = new Set(["unavailable", "idempotency_in_progress"]);

export const graphMessageRoutes = new Hono<ApiEnvironment>().post(
  "/:phone_number_id/messages",
  authorizeGraph("send"),
  requireGraphId("phone_number_id"),
  async (context) => {
    const reading = await readJson(context.req.raw);
    if (!reading.ok) return refuse(context, reading.problem);
    if (!isJsonObject(reading.value)) {
      const detail = `must be a JSON object, got ${nounOf(reading.value)}`;
      return refuse(context, invalidProblem([{ pointer: "", detail }]));
    }
    const body = givenMembers(reading.value);
    const phoneNumberId = context.req.param("phone_number_id");
    return body["status"] === undefined
      ? send(context, phoneNumberId, body)
      : markAsRead(context, phoneNumberId, body);
  },
);

async function send(
  context: GraphContext,
  phoneNumberId: string,
  body: JsonObject,
): Promise<Response> {
  const foreign = foreignMembers(body);
  if (foreign.length > 0) return refuse(context, invalidProblem(foreign));
  const key = context.req.header("idempotency-key");
  const reading = await readSend(sendInput(body, phoneNumberId), key, context.var, "graph");
  if (!reading.ok) return refuse(context, invalidProblem(reading.errors));
  const { request, claim } = reading.entry;
  const result = sendResult(await sendMessage(context.env, request, phoneNumberId, claim));
  const response = result.ok
    ? context.json(sentAnswer(body, result.row))
    : await refuseSend(context, body, result.problem);
  if (result.replayed) response.headers.set("idempotent-replayed", "true");
  return response;
}

/** What stands was taken: at an error, Graph's clients would send it again, and without a key. */
async function refuseSend(
  context: GraphContext,
  body: JsonObject,
  problem: Problem,
): Promise<Response> {
  // The number in the path, which Graph calls an object.
  if (problem.errors?.some(({ pointer }) => pointer === "/from") === true) {
    return refuse(context, unknownProblem("business number"));
  }
  const id = STANDING.has(problem.code) ? problem.members?.message_id : undefined;
  const row = id === undefined ? null : await findMessage(createDatabase(context.env.DB), id);
  return row === null ? refuse(context, problem) : context.json(sentAnswer(body, row));
}

async function markAsRead(
  context: GraphContext,
  phoneNumberId: string,
  body: JsonObject,
): Promise<Response> {
  const unsendable = findUnsendableValues(body);
  if (unsendable.length > 0) return refuse(context, invalidProblem(unsendable));
  const checked = checkValue(readMarkSchema, withoutNulls(body), []);
  if (!checked.ok) return refuse(context, invalidProblem(checked.errors));
  const { message_id: id, typing_indicator: typing } = checked.value;
  const row = await findMessage(createDatabase(context.env.DB), id);
  // Whether a wamid that we don't know is a message of the number's is Meta's to say.
  const wamid = row === null && !id.startsWith("msg_") ? id : row?.wamid;
  if (!wamid || row?.direction === "outbound") {
    const detail = "must be the id of a message from a customer";
    return refuse(context, invalidProblem([{ pointer: "/message_id", detail }]));
  }
  const client = createGraphClient(context.var.config);
  const answer = await client.markAsRead(phoneNumberId, wamid, {
    typing: typing !== undefined,
    beside: unknownMembers(body),
  });
  return answer.ok
    ? context.json({ success: true })
    : refuse(context, metaProblem(answer, "rejected_by_meta"));
}

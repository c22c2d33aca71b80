/** The answers to a request to send. */
import type { Context } from "hono";
import type { ApiEnvironment } from "../../http/context.ts";
import { refuse } from "../../http/problems.ts";
import { type Problem, problemBody } from "../../lib/problem.ts";
import { SECOND_MS } from "../../lib/time.ts";
import type { SendError } from "../../message/outgoing-message.ts";
import type { BatchOutcome } from "../../send/batch.ts";
import type { SendOutcome } from "../../send/outcome.ts";
import type { MessageRow } from "../../store/messages.ts";
import { templateRegistry } from "../../templates/registry.ts";
import { timestampOrNull } from "../schema.ts";
import { messageView } from "./view.ts";

const ACCEPTED_BY_META = 201;
const WAITING = 202;

/** The result of a request to send, before it is answered by HTTP, by RPC or in Graph's shape. */
type SendResult = { replayed: boolean } & (
  | { ok: true; row: MessageRow }
  | { ok: false; problem: Problem }
);

/** A message that failed without a status from Meta is a refusal; with one, its row shows it. */
export function sendResult(outcome: SendOutcome): SendResult {
  if (outcome.kind === "refused") return { ok: false, problem: outcome.problem, replayed: false };
  const { row, replayed } = outcome;
  return row.state === "failed" && row.meta_status === null
    ? { ok: false, problem: failureProblem(row), replayed }
    : { ok: true, row, replayed };
}

export function sendAnswer(context: Context<ApiEnvironment>, outcome: SendOutcome) {
  const result = sendResult(outcome);
  const response = result.ok
    ? context.json(messageView(result.row), result.row.wamid === null ? WAITING : ACCEPTED_BY_META)
    : refuse(context, result.problem);
  if (result.replayed) response.headers.set("idempotent-replayed", "true");
  return response;
}

/** The answer for one message of a batch, which is only queued and so can't have failed yet. */
export function batchView(outcome: BatchOutcome, index: number, requestId: string) {
  return outcome.kind === "queued"
    ? { index, message: messageView(outcome.row) }
    : { index, problem: problemBody(outcome.problem, requestId) };
}

function failureProblem(row: MessageRow): Problem {
  // Our own column, written by our own object.
  const error: SendError = JSON.parse(row.error ?? "null");
  const message_id = row.id;
  switch (error.code) {
    case "session_window_closed":
      return {
        code: "session_window_closed",
        detail: error.detail,
        members: {
          message_id,
          expired_at: timestampOrNull(error.window_expired_at ?? null),
          templates: templateRegistry.map(({ name }) => name),
        },
      };
    case "pair_rate_limited":
    case "rate_limited":
      return {
        code: error.code,
        detail: error.detail,
        members: { message_id, ...(error.meta === undefined ? {} : { meta_error: error.meta }) },
        headers: { "retry-after": String(retryAfterSeconds(error)) },
      };
    case "rejected_by_meta":
      return {
        code: "rejected_by_meta",
        detail: error.detail,
        members: { message_id, meta_error: error.meta ?? null },
      };
    case "meta_unauthorized":
    case "meta_unavailable":
      return {
        code: error.code,
        detail: error.detail,
        members: { message_id, meta_error: error.meta ?? null },
      };
    default:
      return { code: "invalid_request", detail: error.detail, members: { message_id } };
  }
}

/** At least a second, because a stored `retry_at` may have passed. */
function retryAfterSeconds({ retry_at = 0 }: SendError): number {
  return Math.max(1, Math.ceil((retry_at - Date.now()) / SECOND_MS));
}

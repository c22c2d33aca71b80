/** What a request to send is answered with. */
import type { Context } from "hono";
import type { ApiEnvironment } from "../../http/context.ts";
import { type Problem, problemBody, problemResponse } from "../../lib/problem.ts";
import { SECOND_MS } from "../../lib/time.ts";
import type { SendError } from "../../message/outgoing-message.ts";
import type { BatchOutcome } from "../../send/batch.ts";
import type { SendOutcome } from "../../send/send.ts";
import type { MessageRow } from "../../store/messages.ts";
import { templateRegistry } from "../../templates/registry.ts";
import { timestampOrNull } from "../schema.ts";
import { messageView } from "./view.ts";

const ACCEPTED_BY_META = 201;
const WAITING = 202;

/** What became of a request to send, for whatever shape it is answered in. */
type SendResult = { replayed: boolean } & (
  | { ok: true; row: MessageRow }
  | { ok: false; problem: Problem }
);

/** A message that failed by itself is a refusal; one that Meta reported on tells so in its row. */
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
    : problemResponse(result.problem, context.var.requestId);
  if (result.replayed) response.headers.set("idempotent-replayed", "true");
  return response;
}

/** The same for one message of a batch: nothing was awaited, so nothing failed yet. */
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

/** At least a second: whoever repeats a request later than this was answered long ago. */
function retryAfterSeconds({ retry_at = 0 }: SendError): number {
  return Math.max(1, Math.ceil((retry_at - Date.now()) / SECOND_MS));
}

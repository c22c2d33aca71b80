/**
 * The receipt of a verified webhook: 200 once each of its events stands where it can't be lost,
 * 500 otherwise, upon which Meta delivers it again.
 */
import type { Context } from "hono";
import type { ApiEnvironment } from "../api/api-environment.ts";
import { problemResponse } from "../http/problem.ts";
import {
  projectReceptions,
  settleReceptions,
  type Reception,
} from "../conversation/receive-messages.ts";
import { withDeadline } from "../deadline.ts";
import type { JsonValue } from "../json/json.ts";
import { errorMembers, log } from "../observability/log.ts";
import { ANSWER_PATIENCE_MS } from "../store/patient-d1.ts";
import { commitEvents } from "./commit-events.ts";
import { markReceivedAsRead } from "./mark-received-as-read.ts";
import { splitEvents } from "./split-events.ts";

export async function receiveWebhook(
  context: Context<ApiEnvironment>,
  text: string,
  body: JsonValue,
): Promise<Response> {
  const { env, executionCtx } = context;
  const { requestId } = context.var;
  const receivedAt = Date.now();
  const events = splitEvents(text, body, receivedAt);
  const counts = {
    messages: events.messages.length,
    statuses: events.statuses.length,
    account_events: events.account.length,
    unusable: events.unusable.length,
  };
  context.set("observed", counts);
  let receptions: Reception[];
  try {
    receptions = await commitEvents(env, events);
  } catch (error) {
    log("error", "webhook_not_durable", { ...counts, ...errorMembers(error) });
    const detail = "Not everything could be stored: deliver it again.";
    return problemResponse({ code: "internal", detail }, requestId);
  }
  if (receptions.length > 0) {
    const projected = projectReceptions(env, receptions);
    const settled = projected.then((stored) => settleReceptions(env, stored));
    executionCtx.waitUntil(
      settled.catch((error: unknown) => {
        log("error", "projection_left_to_alarm", { ...counts, ...errorMembers(error) });
      }),
    );
    executionCtx.waitUntil(markReceivedAsRead(env, receptions));
    // What was kept in D1 before may have taken of the time. Whatever goes wrong here was logged
    // above, and the objects' alarms repeat it.
    const left = Math.max(0, ANSWER_PATIENCE_MS - (Date.now() - receivedAt));
    await withDeadline(projected, left).catch(() => undefined);
  }
  return context.body(null, 200);
}

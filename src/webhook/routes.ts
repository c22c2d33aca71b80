/**
 * Meta's routes: the handshake and the receipt of webhooks. Meta gets 200 once every event of a body is
 * where it can't be lost, and 500 otherwise: then Meta delivers the body again.
 */
import type { Context } from "hono";
import { readAppSecrets, readVerifyToken } from "../config/config.ts";
import type { FreshMessages } from "../conversation/receive.ts";
import type { ApiEnvironment } from "../http/context.ts";
import { encodingProblem } from "../http/encoding.ts";
import { refuse } from "../http/problems.ts";
import { createRoutes } from "../http/routes.ts";
import { sha256 } from "../lib/ids.ts";
import { jsonIn, type JsonValue } from "../lib/json.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { Problem } from "../lib/problem.ts";
import { readBody } from "../lib/read-body.ts";
import { commitEvents, markReceivedAsRead } from "./commit.ts";
import { splitEvents } from "./parse.ts";
import { verifySignature } from "./signature.ts";

/** Meta promises at most 3 MB. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

export const webhookRoutes = createRoutes()
  .get("/webhook", async (context) => {
    const challenge = await handshake(context.req.query(), readVerifyToken(context.env));
    return challenge === null
      ? context.body(null, 403)
      : context.body(challenge, 200, {
          "content-type": "text/plain; charset=utf-8",
          "x-content-type-options": "nosniff",
        });
  })
  .post("/webhook", async (context) => {
    const secrets = readAppSecrets(context.env);
    if (secrets.length === 0) {
      const detail = "Set WHATSAPP_APP_SECRET: without it no webhook can be trusted.";
      return refuse(context, { code: "not_configured", detail });
    }
    const body = await readBody(context.req.raw, BODY_LIMIT_BYTES);
    if (body === null) {
      const detail = `A webhook body may have ${BODY_LIMIT_BYTES} bytes.`;
      return refuse(context, { code: "too_large", detail });
    }
    const signature = context.req.header("x-hub-signature-256") ?? null;
    if (!(await verifySignature(body, signature, secrets))) {
      const detail =
        "X-Hub-Signature-256 is missing, or was not made from this body with the app secret.";
      return refuse(context, { code: "invalid_signature", detail });
    }
    const text = new TextDecoder().decode(body);
    const parsed = jsonIn(text);
    if (parsed === undefined) {
      const problem: Problem = { code: "invalid_json", detail: "The body is not JSON." };
      return refuse(context, encodingProblem(context.req.raw) ?? problem);
    }
    return receiveWebhook(context, text, parsed);
  });

async function receiveWebhook(
  context: Context<ApiEnvironment>,
  text: string,
  body: JsonValue,
): Promise<Response> {
  const { env, executionCtx } = context;
  const receivedAt = Date.now();
  const events = splitEvents(text, body, receivedAt);
  const counts = {
    messages: events.messages.length,
    statuses: events.statuses.length,
    account_events: events.account.length,
    unusable: events.unusable.length,
  };
  context.set("observed", counts);
  let fresh: FreshMessages[];
  try {
    fresh = await commitEvents(env, events);
  } catch (error) {
    log("error", "webhook_not_durable", { ...counts, ...errorMembers(error) });
    const detail = "Not everything could be stored: deliver it again.";
    return refuse(context, { code: "internal", detail });
  }
  if (fresh.length > 0) executionCtx.waitUntil(markReceivedAsRead(env, fresh));
  return context.body(null, 200);
}

/**
 * The challenge that Meta's GET expects as the answer when the webhook is configured; null to refuse.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
 */
export async function handshake(
  query: Readonly<Record<string, string>>,
  verifyToken: string,
): Promise<string | null> {
  if (verifyToken === "" || query["hub.mode"] !== "subscribe") return null;
  // timingSafeEqual takes only values of one length, which digests have.
  const presented = await sha256(query["hub.verify_token"] ?? "");
  const same = crypto.subtle.timingSafeEqual(presented, await sha256(verifyToken));
  return same ? (query["hub.challenge"] ?? "") : null;
}

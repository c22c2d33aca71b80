/** Meta's door: the handshake, and the receipt of webhooks. */
import { Hono } from "hono";
import { encodingProblem } from "../http/content-encoding.ts";
import { problemResponse, type Problem } from "../http/problem.ts";
import type { ApiEnvironment } from "../api/api-environment.ts";
import { readAppSecrets, readVerifyToken } from "../config.ts";
import { readBody } from "../http/read-body.ts";
import { handshake } from "./handshake.ts";
import { parseBody } from "./parse-body.ts";
import { receiveWebhook } from "./receive-webhook.ts";
import { verifySignature } from "./verify-signature.ts";

/** Meta promises at most 3 MB. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

export const webhookRoutes = new Hono<ApiEnvironment>()
  .get("/webhook", async (context) => {
    const challenge = await handshake(context.req.query(), readVerifyToken({ ...context.env }));
    return challenge === null
      ? context.body(null, 403)
      : context.body(challenge, 200, {
          "content-type": "text/plain; charset=utf-8",
          "x-content-type-options": "nosniff",
        });
  })
  .post("/webhook", async (context) => {
    const { requestId } = context.var;
    const secrets = readAppSecrets({ ...context.env });
    if (secrets.length === 0) {
      const detail = "Set WHATSAPP_APP_SECRET: without it no webhook can be trusted.";
      return problemResponse({ code: "not_configured", detail }, requestId);
    }
    const body = await readBody(context.req.raw, BODY_LIMIT_BYTES);
    if (body === null) {
      const detail = `A webhook body may have ${BODY_LIMIT_BYTES} bytes.`;
      return problemResponse({ code: "too_large", detail }, requestId);
    }
    const signature = context.req.header("x-hub-signature-256") ?? null;
    if (!(await verifySignature(body, signature, secrets))) {
      const detail =
        "X-Hub-Signature-256 is missing, or not made of this body with the app secret.";
      return problemResponse({ code: "invalid_signature", detail }, requestId);
    }
    const text = new TextDecoder().decode(body);
    const parsed = parseBody(text);
    if (!parsed.ok) {
      const problem: Problem = { code: "invalid_json", detail: "The body is not JSON." };
      return problemResponse(encodingProblem(context.req.raw) ?? problem, requestId);
    }
    return receiveWebhook(context, text, parsed.value);
  });

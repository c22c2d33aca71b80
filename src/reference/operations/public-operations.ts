/** Routes that ask for no token. */
import * as v from "valibot";
import type { Operation } from "../operation.ts";

const text = { "text/plain": { type: "string" } };

export const publicOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/webhook",
    tag: "Meta's webhook",
    scope: null,
    summary: "Meta's handshake",
    parameters: [
      { name: "hub.mode", in: "query", description: "`subscribe`." },
      { name: "hub.verify_token", in: "query", description: "`WHATSAPP_VERIFY_TOKEN`." },
      { name: "hub.challenge", in: "query", description: "To be sent back." },
    ],
    answers: {
      200: { description: "The challenge.", content: text },
      403: { description: "Another mode or token." },
    },
  },
  {
    method: "post",
    path: "/webhook",
    tag: "Meta's webhook",
    scope: null,
    summary: "Meta's updates",
    parameters: [
      {
        name: "X-Hub-Signature-256",
        in: "header",
        description: "`sha256=` and the HMAC-SHA256 of the raw body, keyed with the app secret.",
      },
    ],
    body: { required: true, content: { "application/json": {} } },
    answers: { 200: { description: "All of it is kept.", content: text } },
    problems: [
      "invalid_json",
      "invalid_signature",
      "too_large",
      "unsupported_media_type",
      "unavailable",
      "not_configured",
    ],
  },
  {
    method: "get",
    path: "/health",
    tag: "About",
    scope: null,
    summary: "Whether the Worker runs",
    answers: {
      200: {
        description: "It does.",
        content: { "application/json": v.strictObject({ status: v.literal("ok") }) },
      },
    },
  },
  {
    method: "get",
    path: "/openapi.json",
    tag: "About",
    scope: null,
    summary: "This description",
    parameters: [{ name: "If-None-Match", in: "header", description: "ETags already at hand." }],
    answers: {
      200: { description: "OpenAPI 3.1, with an ETag.", content: { "application/json": {} } },
      304: { description: "The one already at hand is it." },
    },
  },
  {
    method: "get",
    path: "/docs",
    tag: "About",
    scope: null,
    summary: "This description, for reading",
    answers: { 200: { description: "A page.", content: { "text/html": { type: "string" } } } },
  },
  {
    method: "get",
    path: "/",
    tag: "About",
    scope: null,
    summary: "Leads to this description",
    answers: { 302: { description: "To `/docs`." } },
  },
];

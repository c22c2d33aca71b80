/**
 * What the operator looks at.
 *
 * Routes that ask for no token.
 */
import * as v from "valibot";
import { type Operation, page } from "../openapi/operation.ts";
import { pageOf } from "../schema.ts";
import { accountEventSchema, deadLetterSchema, doctorSchema } from "./schema.ts";
import { subscriberTestBody, subscriberTestSchema } from "./subscriber-schema.ts";

const tag = "Operating";

export const operatorOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/doctor",
    tag,
    scope: "admin",
    summary: "Say what is wrong with this installation, and what to do about it",
    description:
      "It answers even where a setting is missing or D1 fails: it needs `API_TOKENS` alone. What can't be checked fails. Each subscriber is sent a `paloma.test` event.",
    answers: {
      200: { description: "Every check.", content: { "application/json": doctorSchema } },
    },
  },
  {
    method: "post",
    path: "/v1/subscribers/test",
    tag,
    scope: "admin",
    summary: "Send a subscriber one signed event that tells of nothing",
    description: "A `paloma.test`, whatever types it wants; it is tried once, for 5 seconds.",
    body: {
      required: false,
      content: { "application/json": subscriberTestBody },
      examples: { "one of several": { url: "https://clinic.example/hooks/whatsapp" } },
    },
    answers: {
      200: {
        description: "What the subscriber made of it.",
        content: { "application/json": subscriberTestSchema },
      },
    },
  },
  {
    method: "get",
    path: "/v1/events",
    tag,
    scope: "read",
    summary: "List the other webhook fields, raw",
    parameters: [
      { name: "field", in: "query", description: "This field alone.", example: "account_update" },
      ...page,
    ],
    answers: {
      200: { description: "A page.", content: { "application/json": pageOf(accountEventSchema) } },
    },
  },
  {
    method: "get",
    path: "/v1/dead-letters",
    tag,
    scope: "admin",
    summary: "List what could not be processed",
    parameters: page,
    answers: {
      200: { description: "A page.", content: { "application/json": pageOf(deadLetterSchema) } },
    },
  },
  {
    method: "post",
    path: "/v1/dead-letters/{id}/replay",
    tag,
    scope: "admin",
    summary: "Try a dead letter once more",
    parameters: [{ name: "id", in: "path", description: "Of a dead letter." }],
    answers: {
      200: {
        description: "It was processed and is gone from the list.",
        content: { "application/json": v.strictObject({ replayed: v.literal(true) }) },
      },
    },
    problems: ["not_found"],
  },
];

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

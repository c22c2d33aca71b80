/**
 * The reference of the operator's routes, and of the routes that need no token.
 */
import * as v from "valibot";
import { type Answer, type Operation, page, type Parameter } from "../openapi/operation.ts";
import { pageOf } from "../schema.ts";
import { subscriberTestBody } from "./body.ts";
import {
  accountEventSchema,
  deadLetterSchema,
  doctorSchema,
  subscriberTestSchema,
} from "./schema.ts";

const tag = "Operating";

export const operatorOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/doctor",
    tag,
    scope: "admin",
    summary: "Check this installation: what is wrong, and what to do about it",
    description:
      "It answers even if a setting is missing or D1 fails: it needs only `API_TOKENS`. A check that can't be made fails. Paloma sends each subscriber a `paloma.test` event.",
    answers: {
      200: { description: "Every check.", content: { "application/json": doctorSchema } },
    },
  },
  {
    method: "post",
    path: "/v1/subscribers/test",
    tag,
    scope: "admin",
    summary: "Send a subscriber one signed test event",
    description:
      "A `paloma.test` without content, whatever types the subscriber wants; Paloma tries once and waits 5 seconds.",
    body: {
      required: false,
      content: { "application/json": subscriberTestBody },
      examples: { "one of several": { url: "https://clinic.example/hooks/whatsapp" } },
    },
    answers: {
      200: {
        description: "How the subscriber answered.",
        content: { "application/json": subscriberTestSchema },
      },
    },
  },
  {
    method: "get",
    path: "/v1/events",
    tag,
    scope: "read",
    summary: "List webhooks of all other fields, as Meta sent them",
    parameters: [
      { name: "field", in: "query", description: "Only this field.", example: "account_update" },
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
    summary: "List dead letters: what could not be processed",
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
    parameters: [{ name: "id", in: "path", description: "The dead letter's id." }],
    answers: {
      200: {
        description: "It was processed and removed from the list.",
        content: { "application/json": v.strictObject({ replayed: v.literal(true) }) },
      },
    },
    problems: ["not_found"],
  },
];

const text = { "text/plain": { type: "string" } };

const IF_NONE_MATCH: Parameter = {
  name: "If-None-Match",
  in: "header",
  description: "ETags that the client has.",
};

const IS_CURRENT: Answer = { description: "The client's copy is current." };

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
      { name: "hub.challenge", in: "query", description: "Sent back in the answer." },
    ],
    answers: {
      200: { description: "The challenge.", content: text },
      403: { description: "The mode or the token is wrong." },
    },
  },
  {
    method: "post",
    path: "/webhook",
    tag: "Meta's webhook",
    scope: null,
    summary: "Meta's webhooks",
    parameters: [
      {
        name: "X-Hub-Signature-256",
        in: "header",
        description: "`sha256=` and the HMAC-SHA256 of the raw body, keyed with the app secret.",
      },
    ],
    body: { required: true, content: { "application/json": {} } },
    answers: { 200: { description: "Everything in it is stored.", content: text } },
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
        description: "It runs.",
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
    parameters: [IF_NONE_MATCH],
    answers: {
      200: { description: "OpenAPI 3.1, with an ETag.", content: { "application/json": {} } },
      304: IS_CURRENT,
    },
  },
  {
    method: "get",
    path: "/docs",
    tag: "About",
    scope: null,
    summary: "This description as a web page",
    parameters: [IF_NONE_MATCH],
    answers: {
      200: {
        description: "A page, with an ETag.",
        content: { "text/html": { type: "string" } },
      },
      304: IS_CURRENT,
    },
  },
  {
    method: "get",
    path: "/",
    tag: "About",
    scope: null,
    summary: "Redirects to this description",
    answers: { 302: { description: "To `/docs`." } },
  },
];

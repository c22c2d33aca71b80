/** What the operator looks at. */
import * as v from "valibot";
import { doctorSchema } from "../../api/schemas/doctor-schema.ts";
import { accountEventSchema, deadLetterSchema } from "../../api/schemas/operator-schemas.ts";
import { subscriberTestBody, subscriberTestSchema } from "../../api/schemas/subscriber-schemas.ts";
import { pageOf } from "../../api/schemas/schema-words.ts";
import { page } from "../common-parameters.ts";
import type { Operation } from "../operation.ts";

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

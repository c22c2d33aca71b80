/** The reference of `/v1/templates`. */
import { type Operation, page } from "../openapi/operation.ts";
import { templatePreviewBody } from "./body.ts";
import {
  templateListSchema,
  templatePreviewSchema,
  templatePushSchema,
  templateSyncSchema,
} from "./schema.ts";

const tag = "Templates";

const ASKS_META = [
  "not_configured",
  "rejected_by_meta",
  "meta_unauthorized",
  "meta_unavailable",
] as const;

export const templateOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/templates",
    tag,
    scope: "read",
    summary: "List the templates that Meta reported, newest first",
    description: "Also lists where they differ from the registry in the code.",
    parameters: page,
    answers: {
      200: { description: "A page.", content: { "application/json": templateListSchema } },
    },
  },
  {
    method: "post",
    path: "/v1/templates/preview",
    tag,
    scope: "read",
    summary: "Show what a customer would read, and what is still wrong",
    description: "Sends nothing and asks Meta nothing; for forms that are being filled in.",
    body: {
      required: true,
      content: { "application/json": templatePreviewBody },
      examples: {
        "half filled in": { name: "appointment_reminder", params: { name: "Ana", pet: "Luna" } },
      },
    },
    answers: {
      200: {
        description: "The parts of the template.",
        content: { "application/json": templatePreviewSchema },
      },
    },
    problems: ["not_found"],
  },
  {
    method: "post",
    path: "/v1/templates/sync",
    tag,
    scope: "admin",
    summary: "Ask Meta for the account's templates",
    answers: {
      200: {
        description: "The result of the comparison.",
        content: { "application/json": templateSyncSchema },
      },
    },
    problems: ASKS_META,
  },
  {
    method: "post",
    path: "/v1/templates/push",
    tag,
    scope: "admin",
    summary: "Submit the registry's templates that the account lacks",
    description: "Safe to repeat: templates that the account has stay unchanged.",
    answers: {
      200: {
        description: "The outcome for each template of the registry.",
        content: { "application/json": templatePushSchema },
      },
    },
    problems: ASKS_META,
  },
];

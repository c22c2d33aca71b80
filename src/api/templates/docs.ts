/** `/v1/templates`. */
import { type Operation, page } from "../openapi/operation.ts";
import { templateListSchema, templatePushSchema, templateSyncSchema } from "./schema.ts";

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
    summary: "List the templates that Meta told of, newest first",
    description: "And where they differ from the registry in the code.",
    parameters: page,
    answers: {
      200: { description: "A page.", content: { "application/json": templateListSchema } },
    },
  },
  {
    method: "post",
    path: "/v1/templates/sync",
    tag,
    scope: "admin",
    summary: "Ask Meta for the account's templates",
    answers: {
      200: { description: "What there is.", content: { "application/json": templateSyncSchema } },
    },
    problems: ASKS_META,
  },
  {
    method: "post",
    path: "/v1/templates/push",
    tag,
    scope: "admin",
    summary: "Submit what the account lacks of the registry",
    description: "It may be repeated: what is there is left as it is.",
    answers: {
      200: {
        description: "What became of each.",
        content: { "application/json": templatePushSchema },
      },
    },
    problems: ASKS_META,
  },
];

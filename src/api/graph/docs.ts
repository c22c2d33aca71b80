/** The reference of the Graph-compatible routes. */
import * as v from "valibot";
import { graphSendBody } from "../messages/send-schema.ts";
import { idempotencyKey, type Operation, type Parameter } from "../openapi/operation.ts";
import { readMarkSchema } from "./read-mark.ts";
import {
  graphMediaSchema,
  graphSentSchema,
  graphSuccessSchema,
  graphTemplatePageSchema,
  graphUploadSchema,
} from "./schema.ts";
import { TEMPLATE_PARAMETERS } from "./template-query.ts";

const tag = "For clients of the Graph API";

const version: Parameter = {
  name: "version",
  in: "path",
  description: "Any version; Paloma calls Meta with `GRAPH_API_VERSION`.",
  schema: { type: "string", pattern: "^v\\d+\\.\\d+$" },
  example: "v25.0",
};

const accessToken: Parameter = {
  name: "access_token",
  in: "query",
  description: "The token, if it is not in the header.",
};

const phoneNumberId: Parameter = {
  name: "phone_number_id",
  in: "path",
  description: "The business number's id at Meta.",
  example: "106540352242922",
};

const mediaId: Parameter = { name: "media_id", in: "path", description: "Meta's id, or ours." };

const graph = { tag, graph: true } as const;

/** Refusals that any call to Meta may end in. */
const ASKS_META = ["rejected_by_meta", "meta_unauthorized", "meta_unavailable"] as const;

function answer(description: string, schema: v.GenericSchema): Operation["answers"] {
  return { 200: { description, content: { "application/json": schema } } };
}

export const graphOperations: readonly Operation[] = [
  {
    method: "post",
    path: "/{version}/{phone_number_id}/messages",
    ...graph,
    scope: "send",
    summary: "Send a message, or mark one as read",
    description:
      "As at Meta: a member that is null counts as absent, `to` may be a number, and members that Paloma does not know go to Meta unchanged. The options of `POST /v1/messages` are accepted too.",
    parameters: [version, phoneNumberId, accessToken, idempotencyKey],
    body: {
      required: true,
      content: { "application/json": v.union([graphSendBody, readMarkSchema]) },
      examples: {
        "a text": {
          messaging_product: "whatsapp",
          to: "529982220001",
          type: "text",
          text: { body: "¡Perfecto!" },
        },
      },
    },
    answers: answer(
      "The message is sent or waits; for a read mark, `success`.",
      v.union([graphSentSchema, graphSuccessSchema]),
    ),
    problems: [
      "session_window_closed",
      "idempotency_in_progress",
      "idempotency_key_reused",
      "template_not_approved",
      "template_parameters",
      "recipient_opted_out",
      "rate_limited",
      "pair_rate_limited",
      "not_found",
      ...ASKS_META,
    ],
  },
  {
    method: "post",
    path: "/{version}/{phone_number_id}/media",
    ...graph,
    scope: "send",
    summary: "Upload a file",
    parameters: [version, phoneNumberId, accessToken],
    body: {
      required: true,
      content: {
        "multipart/form-data": {
          type: "object",
          properties: {
            file: { type: "string", format: "binary" },
            messaging_product: { const: "whatsapp" },
            type: { type: "string" },
          },
          required: ["file"],
        },
      },
    },
    answers: answer("Meta has the file.", graphUploadSchema),
    problems: ["invalid_request", "too_large", "unsupported_media_type", "not_found", ...ASKS_META],
  },
  {
    method: "get",
    path: "/{version}/{media_id}",
    ...graph,
    scope: "read",
    summary: "Look a file up",
    parameters: [
      version,
      mediaId,
      accessToken,
      {
        name: "phone_number_id",
        in: "query",
        description: "Finds only this business number's files.",
      },
    ],
    answers: answer("What is known of the file, and the address of its bytes.", graphMediaSchema),
    problems: ["not_found", ...ASKS_META],
  },
  {
    method: "delete",
    path: "/{version}/{media_id}",
    ...graph,
    scope: "send",
    summary: "Delete a file at Meta",
    parameters: [version, mediaId, accessToken],
    answers: answer("Deleted.", graphSuccessSchema),
    problems: ["not_found", ...ASKS_META],
  },
  {
    method: "get",
    path: "/{version}/{waba_id}/message_templates",
    ...graph,
    scope: "read",
    summary: "List the account's templates as Meta has them now",
    parameters: [
      version,
      { name: "waba_id", in: "path", description: "The WhatsApp Business account's id." },
      accessToken,
      ...TEMPLATE_PARAMETERS.map((name): Parameter => ({
        name,
        in: "query",
        description: "As at Meta.",
      })),
    ],
    answers: answer("A page.", graphTemplatePageSchema),
    problems: ["invalid_request", "not_found", ...ASKS_META],
  },
];

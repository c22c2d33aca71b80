/** Parameters that several routes share. */
import type { Parameter } from "./operation.ts";

export const idempotencyKey: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description:
    "At most 255 characters, per token, for 48 hours: a repeated request is the same message.",
  schema: { type: "string", maxLength: 255 },
  example: "appt-8812-24h",
};

export const messageId: Parameter = {
  name: "id",
  in: "path",
  description: "Our id, or the wamid.",
  example: "msg_0199f2c4a1b07d3e5f60718293a4b5c6",
};

export const conversationId: Parameter = {
  name: "id",
  in: "path",
  description: "Of a conversation; that of a merged one answers with the one that survived.",
};

export const page: readonly Parameter[] = [
  {
    name: "limit",
    in: "query",
    description: "How many.",
    schema: { type: "integer", minimum: 1, maximum: 200, default: 50 },
  },
  { name: "cursor", in: "query", description: "The `next_cursor` of the page before." },
];

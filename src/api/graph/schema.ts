/** The answers of the Graph-compatible routes, in Meta's shapes. */
import * as v from "valibot";
import { jsonObject } from "../../lib/validate.ts";
import { described } from "../schema.ts";

const product = v.literal("whatsapp");

export const graphSentSchema = v.strictObject({
  messaging_product: product,
  contacts: v.array(
    v.strictObject({
      input: described(v.nullable(v.string()), "As given in `to` or `recipient`."),
      wa_id: v.optional(v.string()),
      user_id: v.optional(v.nullable(v.string())),
    }),
  ),
  messages: v.array(
    v.strictObject({
      id: described(v.string(), "The wamid; for a message that waits, our id, `msg_…`."),
    }),
  ),
});

export const graphSuccessSchema = v.strictObject({ success: v.literal(true) });

export const graphUploadSchema = v.strictObject({
  id: described(v.string(), "Meta's id of the file."),
});

export const graphMediaSchema = v.strictObject({
  messaging_product: product,
  url: described(
    v.string(),
    "An address of Paloma's that needs no token and is valid for 5 minutes.",
  ),
  mime_type: v.string(),
  sha256: described(v.nullable(v.string()), "SHA-256 of the bytes, in lower-case hex."),
  file_size: described(v.nullable(v.number()), "In bytes."),
  id: described(v.string(), "As in the request."),
});

export const graphTemplatePageSchema = v.strictObject({
  data: described(v.array(jsonObject), "The templates as Meta lists them."),
  paging: v.optional(
    v.strictObject({
      cursors: v.strictObject({ before: v.string(), after: v.string() }),
      next: v.optional(described(v.string(), "The next page, at Paloma.")),
      previous: v.optional(described(v.string(), "The page before, at Paloma.")),
    }),
  ),
  summary: v.optional(
    described(jsonObject, "What the query's `summary` asked for, over all templates."),
  ),
});

/** A refusal as Graph writes it. */
export const graphErrorSchema = v.strictObject({
  error: v.strictObject({
    message: v.string(),
    type: v.literal("OAuthException"),
    code: described(v.number(), "Meta's code: decide on this one."),
    error_subcode: v.optional(v.number()),
    is_transient: v.optional(described(v.literal(true), "The same request may succeed later.")),
    error_data: v.strictObject({
      messaging_product: product,
      details: described(v.string(), "Each member that is wrong, and what to write instead."),
    }),
    fbtrace_id: described(v.string(), "Meta's, else our request id."),
  }),
});

export type GraphSentView = v.InferOutput<typeof graphSentSchema>;

export type GraphMediaView = v.InferOutput<typeof graphMediaSchema>;

export type GraphTemplatePageView = v.InferOutput<typeof graphTemplatePageSchema>;

export type GraphErrorView = v.InferOutput<typeof graphErrorSchema>;

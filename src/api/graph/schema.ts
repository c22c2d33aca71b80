/** What the Graph-compatible routes answer: Meta's shapes, with what we fill in. */
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
    v.strictObject({ id: described(v.string(), "The wamid; ours, `msg_…`, of one that waits.") }),
  ),
});

export const graphSuccessSchema = v.strictObject({ success: v.literal(true) });

export const graphUploadSchema = v.strictObject({ id: described(v.string(), "Meta's.") });

export const graphMediaSchema = v.strictObject({
  messaging_product: product,
  url: described(v.string(), "Leads to Paloma, needs no token, and lives 5 minutes."),
  mime_type: v.string(),
  sha256: described(v.nullable(v.string()), "Of the bytes, in lower-case hex."),
  file_size: described(v.nullable(v.number()), "In bytes."),
  id: described(v.string(), "As asked."),
});

export const graphTemplatePageSchema = v.strictObject({
  data: described(v.array(jsonObject), "Meta's templates, as it lists them."),
  paging: v.optional(
    v.strictObject({
      cursors: v.strictObject({ before: v.string(), after: v.string() }),
      next: v.optional(described(v.string(), "The next page, at Paloma.")),
      previous: v.optional(described(v.string(), "The page before, at Paloma.")),
    }),
  ),
  summary: v.optional(described(jsonObject, "What `summary` asked for, of all templates.")),
});

/** A refusal as Graph writes it. */
export const graphErrorSchema = v.strictObject({
  error: v.strictObject({
    message: v.string(),
    type: v.literal("OAuthException"),
    code: described(v.number(), "Meta's code: decide on this one."),
    error_subcode: v.optional(v.number()),
    is_transient: v.optional(described(v.literal(true), "The same may succeed later.")),
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

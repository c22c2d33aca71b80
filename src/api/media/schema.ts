/** The answers of `/v1/media`. */
import * as v from "valibot";
import { described, textOrNull, time } from "../schema.ts";

/** An uploaded file. */
export const mediaSchema = v.strictObject({
  id: described(v.string(), "Our id, `med_…`: send the file by it, as `media_id`."),
  meta_id: described(v.string(), "Meta's id."),
  mime_type: v.string(),
  sha256: textOrNull("SHA-256 of the bytes, in lower-case hex."),
  size_bytes: v.nullable(v.number()),
  filename: textOrNull("The name given, made safe."),
  url: described(v.string(), "Where to fetch it, with a token."),
  stored: described(v.boolean(), "Whether our own copy is kept, beyond the 30 days at Meta."),
  created_at: time("When it was uploaded."),
});

/** A link that needs no token. */
export const mediaLinkSchema = v.strictObject({
  url: v.string(),
  expires_at: time("5 minutes after it was made."),
});

export type MediaView = v.InferOutput<typeof mediaSchema>;

export type MediaLinkView = v.InferOutput<typeof mediaLinkSchema>;

/** What of a message must not come back in an error, should Meta's answer quote it. */
import type { JsonObject } from "../json/json.ts";

/** A secret, which is struck out wherever it stands, or what somebody wrote, which may be a plain word. */
export type Withheld = string | { written: string };

/** Members whose words are Meta's or the operator's own: what has to be read in an error. */
const TECHNICAL = new Set([
  "messaging_product",
  "recipient_type",
  "type",
  "sub_type",
  "index",
  "code",
  "policy",
  "status",
  "id",
  "message_id",
  "media_id",
  "product_retailer_id",
  "catalog_id",
  "parameter_name",
  "biz_opaque_callback_data",
]);

/** Objects whose `name` is that of a template or of an action, and no person's. */
const NAMED = new Set(["template", "action"]);

/** The recipient, and every text but technical ones, be it a single word; each once. */
export function withheldTexts(body: JsonObject): Withheld[] {
  const texts = new Set<string>();
  // A stack of its own, for content passes through as deep as it comes.
  const pending: { name: string; value: unknown }[] = [{ name: "", value: body }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { name: parent, value } = next;
    if (typeof value === "string" && value.trim() !== "") texts.add(value.trim());
    if (typeof value !== "object" || value === null) continue;
    const isList = Array.isArray(value);
    for (const [member, inner] of Object.entries(value)) {
      const name = isList ? parent : member;
      if (typeof inner === "string" && isTechnical(parent, name)) continue;
      pending.push({ name, value: inner });
    }
  }
  return [...texts].map((written) => ({ written }));
}

function isTechnical(parent: string, name: string): boolean {
  return TECHNICAL.has(name) || (name === "name" && NAMED.has(parent));
}

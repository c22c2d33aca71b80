/**
 * Customers can stop marketing messages (`user_preferences`); Meta refuses templates of that kind
 * then, and we do so before it is called.
 */
import { textMember, objectMember, type JsonObject } from "../json.ts";
import { hasStoppedMarketing } from "../store/contacts.ts";
import { findConversation } from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import { findTemplateRow } from "../store/templates.ts";
import { findTemplate } from "../templates/registry.ts";
import type { Destination } from "./resolve-recipient.ts";

/** True if this is a marketing template to somebody who wants none. */
export async function isUnwantedMarketing(
  database: Database,
  template: JsonObject,
  { conversationId, address }: Destination,
): Promise<boolean> {
  const name = textMember(template, "name") ?? "";
  const language = textMember(objectMember(template, "language") ?? {}, "code") ?? "";
  const told = await findTemplateRow(database, name, language);
  const category = told?.category ?? findTemplate(name, language)?.category;
  if (category !== "MARKETING") return false;
  const conversation = await findConversation(database, conversationId);
  const addresses = [
    address?.kind === "phone" ? address.phone : null,
    address?.kind === "user" ? address.user_id : null,
    conversation?.phone ?? null,
    conversation?.user_id ?? null,
  ].filter((known) => known !== null);
  return hasStoppedMarketing(database, addresses);
}

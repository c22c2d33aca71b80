/**
 * Customers can stop marketing messages (`user_preferences`); Meta refuses templates of that kind
 * then, and we do so before it is called.
 */
import { hasStoppedMarketing } from "../store/contacts.ts";
import { findConversation } from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import type { Destination } from "./resolve-recipient.ts";

/** True if a template of this category is marketing to somebody who wants none. */
export async function isUnwantedMarketing(
  database: Database,
  category: string | null,
  { conversationId, address }: Destination,
): Promise<boolean> {
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

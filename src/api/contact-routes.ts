/** `/v1/contacts`: what the business's own system knows of a person. */
import { Hono } from "hono";
import { isBsuid } from "../customer/bsuid.ts";
import { canonicalPhone, parsePhone } from "../customer/phone-number.ts";
import { checkValue } from "../messages/check-value.ts";
import { findContact, putContact, type ContactRow } from "../store/contacts.ts";
import { conversationsOf, type ConversationRow } from "../store/conversations.ts";
import { createDatabase } from "../store/database.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { e164 } from "./conversation-view.ts";
import { invalidRequest, notFound } from "./invalid-request.ts";
import { readJson } from "./read-json.ts";
import { contactBody } from "./schemas/contact-body.ts";
import { timestampOrNull } from "./time.ts";

export const contactRoutes = new Hono<ApiEnvironment>()
  .get("/v1/contacts/:address", authorize("read"), async (context) => {
    const address = parseAddress(context.req.param("address"));
    if (!address.ok) return invalidRequest(context, [{ pointer: "", detail: address.detail }]);
    const database = createDatabase(context.env.DB);
    const [contact, conversations] = await Promise.all([
      findContact(database, address.key),
      conversationsOf(database, address.identity),
    ]);
    if (contact === null && conversations.length === 0) return notFound(context, "contact");
    return context.json(contactAnswer(address, contact, conversations));
  })
  .put("/v1/contacts/:address", authorize("send"), async (context) => {
    const address = parseAddress(context.req.param("address"));
    if (!address.ok) return invalidRequest(context, [{ pointer: "", detail: address.detail }]);
    const body = await readJson(context);
    if (!body.ok) return body.response;
    const checked = checkValue(contactBody, body.value, []);
    if (!checked.ok) return invalidRequest(context, checked.errors);
    const database = createDatabase(context.env.DB);
    await putContact(database, { address: address.key, ...checked.value }, Date.now());
    const [contact, conversations] = await Promise.all([
      findContact(database, address.key),
      conversationsOf(database, address.identity),
    ]);
    return context.json(contactAnswer(address, contact, conversations));
  });

type ParsedAddress =
  | { ok: true; key: string; identity: { phone: string } | { user_id: string } }
  | { ok: false; detail: string };

function parseAddress(spelling: string): ParsedAddress {
  if (isBsuid(spelling)) return { ok: true, key: spelling, identity: { user_id: spelling } };
  const phone = parsePhone(spelling);
  if (!phone.ok) return phone;
  const canonical = canonicalPhone(phone.digits);
  return { ok: true, key: canonical, identity: { phone: canonical } };
}

/** Facts from WhatsApp where the business gave none. */
function contactAnswer(
  address: Extract<ParsedAddress, { ok: true }>,
  contact: ContactRow | null,
  conversations: readonly ConversationRow[],
) {
  const [newest] = conversations;
  return {
    phone: e164("phone" in address.identity ? address.identity.phone : (newest?.phone ?? null)),
    user_id: "user_id" in address.identity ? address.identity.user_id : (newest?.user_id ?? null),
    wa_id: newest?.wa_id ?? null,
    username: newest?.username ?? null,
    name: contact?.name ?? newest?.profile_name ?? null,
    owner: contact?.owner ?? null,
    conversation_ids: conversations.map(({ id }) => id),
    created_at: timestampOrNull(contact?.created_at ?? newest?.created_at ?? null),
    updated_at: timestampOrNull(contact?.updated_at ?? newest?.updated_at ?? null),
  };
}

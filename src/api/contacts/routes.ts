/** `/v1/contacts`: reads and sets who a person is in the business's own system; exports and erases one. */
import type { Config } from "../../config/config.ts";
import { giveContact } from "../../conversation/change.ts";
import { jsonBody } from "../../http/body.ts";
import { authorize } from "../../http/middleware.ts";
import { invalidRequest, notFound } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { isBsuid } from "../../lib/address.ts";
import { parsePhone } from "../../lib/parse-phone.ts";
import { canonicalPhone } from "../../lib/phone.ts";
import { type Problem, problemResponse } from "../../lib/problem.ts";
import { erasePerson } from "../../people/erase.ts";
import { type AskedAddress, findPerson, isKnown } from "../../people/find.ts";
import { contactGiven, type ContactRow, findContact, findContacts } from "../../store/contacts.ts";
import { type ConversationRow, conversationsOf } from "../../store/conversations.ts";
import type { Database } from "../../store/d1.ts";
import { e164 } from "../conversations/view.ts";
import { timestampOrNull } from "../schema.ts";
import { contactBody } from "./body.ts";
import { EXPORT_TYPE, exportStream } from "./export.ts";
import type { ContactView } from "./schema.ts";

export const contactRoutes = createRoutes()
  .get("/contacts/:address", authorize("read"), async (context) => {
    const { database } = context.var;
    const address = await readAddress(database, context.req.param("address"), context.var.config);
    if (!address.ok) return invalidRequest(context, [{ pointer: "", detail: address.detail }]);
    const [contact, conversations] = await Promise.all([
      findContact(database, address.key),
      conversationsOf(database, address.identity),
    ]);
    if (contact === null && conversations.length === 0) return notFound(context, "contact");
    return context.json(contactAnswer(address, contact, conversations), 200);
  })
  .put("/contacts/:address", authorize("send"), jsonBody(contactBody), async (context) => {
    const { database } = context.var;
    const address = await readAddress(database, context.req.param("address"), context.var.config);
    if (!address.ok) return invalidRequest(context, [{ pointer: "", detail: address.detail }]);
    const changedBy = context.var.caller?.name ?? "";
    const given = { address: address.key, ...context.req.valid("json"), changed_by: changedBy };
    await giveContact(context.env, database, address.identity, given);
    const [contact, conversations] = await Promise.all([
      findContact(database, address.key),
      conversationsOf(database, address.identity),
    ]);
    return context.json(contactAnswer(address, contact, conversations), 200);
  })
  .delete("/contacts/:address", authorize("admin"), async (context) => {
    const { database } = context.var;
    const address = await readAddress(database, context.req.param("address"), context.var.config);
    if (!address.ok) return invalidRequest(context, [{ pointer: "", detail: address.detail }]);
    const { phoneNumberId } = context.var.config;
    const outcome = await erasePerson(context.env, database, address.identity, phoneNumberId);
    switch (outcome.kind) {
      case "erased":
        return context.body(null, 204);
      case "unknown":
        return notFound(context, "contact");
      case "moving":
        return problemResponse(MOVING, context.var.requestId);
    }
  })
  .get("/contacts/:address/export", authorize("admin"), async (context) => {
    const { database } = context.var;
    const address = await readAddress(database, context.req.param("address"), context.var.config);
    if (!address.ok) return invalidRequest(context, [{ pointer: "", detail: address.detail }]);
    const { phoneNumberId } = context.var.config;
    const person = await findPerson(context.env, database, address.identity, phoneNumberId);
    if (!(await isKnown(database, person))) return notFound(context, "contact");
    const { phones, ids } = person.identities;
    const contacts = await findContacts(database, [...phones, ...ids]);
    const contact = contactGiven(contacts);
    const marketing = contacts.find((each) => each.marketing !== null);
    const data = {
      ...contactAnswer(address, contact, person.conversations),
      marketing: marketing?.marketing ?? null,
      marketing_at: timestampOrNull(marketing?.marketing_at ?? null),
    };
    return context.body(exportStream(database, person, data), 200, { "content-type": EXPORT_TYPE });
  });

/** The merge takes moments, so the caller can repeat the request. */
const MOVING: Problem = {
  code: "unavailable",
  detail: "Two conversations of this person are being merged: repeat the request in a moment.",
  headers: { "retry-after": "5" },
};

type ParsedAddress =
  | { ok: true; key: string; identity: AskedAddress }
  | { ok: false; detail: string };

async function readAddress(
  database: Database,
  spelling: string,
  { defaultCountry }: Config,
): Promise<ParsedAddress> {
  if (isBsuid(spelling)) {
    return { ok: true, key: spelling, identity: { kind: "user", user_id: spelling } };
  }
  const phone = parsePhone(spelling, defaultCountry);
  if (phone.ok) return phoneAddress(phone.digits);
  const { waId, detail } = phone;
  if (waId === null) return { ok: false, detail };
  // A person may be known by digits that a send would refuse.
  const address = phoneAddress(waId);
  const [contact, conversations] = await Promise.all([
    findContact(database, address.key),
    conversationsOf(database, address.identity),
  ]);
  return contact === null && conversations.length === 0 ? { ok: false, detail } : address;
}

function phoneAddress(digits: string): Extract<ParsedAddress, { ok: true }> {
  const phone = canonicalPhone(digits);
  return { ok: true, key: phone, identity: { kind: "phone", phone } };
}

/** The contact as the API shows it: the business's facts, else those from WhatsApp. */
function contactAnswer(
  address: Extract<ParsedAddress, { ok: true }>,
  contact: ContactRow | null,
  conversations: readonly ConversationRow[],
): ContactView {
  const [newest] = conversations;
  return {
    phone: e164("phone" in address.identity ? address.identity.phone : (newest?.phone ?? null)),
    user_id: "user_id" in address.identity ? address.identity.user_id : (newest?.user_id ?? null),
    wa_id: newest?.wa_id ?? null,
    username: newest?.username ?? null,
    name: contact?.name ?? newest?.profile_name ?? null,
    owner: contact?.owner ?? null,
    changed_by: contact?.changed_by ?? null,
    conversation_ids: conversations.map(({ id }) => id),
    created_at: timestampOrNull(contact?.created_at ?? newest?.created_at ?? null),
    updated_at: timestampOrNull(contact?.updated_at ?? newest?.updated_at ?? null),
  };
}

/** `/v1/contacts`: reads and sets who a person is in the business's own system; exports and erases one. */
import type { Context } from "hono";
import { giveContact } from "../../conversation/change.ts";
import { jsonBody } from "../../http/body.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { authorize } from "../../http/middleware.ts";
import { invalidRequest, notFound, refuse } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { isBsuid } from "../../lib/address.ts";
import { parsePhone } from "../../lib/parse-phone.ts";
import { canonicalPhone } from "../../lib/phone.ts";
import type { FieldError, Problem } from "../../lib/problem.ts";
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
    const address = await readAddress(context);
    if ("detail" in address) return invalidRequest(context, [address]);
    const known = await knownOf(database, address);
    return isKnownPerson(known)
      ? context.json(contactAnswer(address, known), 200)
      : notFound(context, "contact");
  })
  .put("/contacts/:address", authorize("send"), jsonBody(contactBody), async (context) => {
    const { database } = context.var;
    const address = await readAddress(context);
    if ("detail" in address) return invalidRequest(context, [address]);
    const changedBy = context.var.caller?.name ?? "";
    const given = { address: address.key, ...context.req.valid("json"), changed_by: changedBy };
    await giveContact(context.env, database, address.identity, given);
    return context.json(contactAnswer(address, await knownOf(database, address)), 200);
  })
  .delete("/contacts/:address", authorize("admin"), async (context) => {
    const { database } = context.var;
    const address = await readAddress(context);
    if ("detail" in address) return invalidRequest(context, [address]);
    const { phoneNumberId } = context.var.config;
    const outcome = await erasePerson(context.env, database, address.identity, phoneNumberId);
    switch (outcome.kind) {
      case "erased":
        return context.body(null, 204);
      case "unknown":
        return notFound(context, "contact");
      case "moving":
        return refuse(context, MOVING);
    }
  })
  .get("/contacts/:address/export", authorize("admin"), async (context) => {
    const { database } = context.var;
    const address = await readAddress(context);
    if ("detail" in address) return invalidRequest(context, [address]);
    const { phoneNumberId } = context.var.config;
    const person = await findPerson(context.env, database, address.identity, phoneNumberId);
    if (!(await isKnown(database, person))) return notFound(context, "contact");
    const { phones, ids } = person.identities;
    const contacts = await findContacts(database, [...phones, ...ids]);
    const marketing = contacts.find((each) => each.marketing !== null);
    const data = {
      ...contactAnswer(address, {
        contact: contactGiven(contacts),
        conversations: person.conversations,
      }),
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

/** An address, and the text under which D1 has its contact. */
type ParsedAddress = { key: string; identity: AskedAddress };

/** What D1 has of a person by an address. */
type Known = { contact: ContactRow | null; conversations: readonly ConversationRow[] };

/** The address in the path; else why it is none. */
async function readAddress({
  req,
  var: { database, config },
}: Context<ApiEnvironment, "/contacts/:address">): Promise<ParsedAddress | FieldError> {
  const spelling = req.param("address");
  if (isBsuid(spelling)) return { key: spelling, identity: { kind: "user", user_id: spelling } };
  const phone = parsePhone(spelling, config.defaultCountry);
  if (phone.ok) return phoneAddress(phone.digits);
  // A person may be known by digits that a send would refuse.
  const address = phone.waId === null ? null : phoneAddress(phone.waId);
  return address !== null && isKnownPerson(await knownOf(database, address))
    ? address
    : { pointer: "", detail: phone.detail };
}

function phoneAddress(digits: string): ParsedAddress {
  const phone = canonicalPhone(digits);
  return { key: phone, identity: { kind: "phone", phone } };
}

async function knownOf(database: Database, { key, identity }: ParsedAddress): Promise<Known> {
  const [contact, conversations] = await Promise.all([
    findContact(database, key),
    conversationsOf(database, identity),
  ]);
  return { contact, conversations };
}

function isKnownPerson({ contact, conversations }: Known): boolean {
  return contact !== null || conversations.length > 0;
}

/** The contact as the API shows it: the business's facts, else those from WhatsApp. */
function contactAnswer(
  { identity }: ParsedAddress,
  { contact, conversations }: Known,
): ContactView {
  const [newest] = conversations;
  const { phone = null, user_id = null } = { ...newest, ...identity };
  return {
    phone: e164(phone),
    user_id,
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

/**
 * What webhook fields other than `messages` change here, besides being kept raw: templates, marketing
 * preferences, calls, identities. Pure.
 */
import { type Address, addressesNamed, identityOf, namedPair } from "../lib/address.ts";
import { type JsonObject, objectMember, objectsMember, textMember } from "../lib/json.ts";
import { parseMetaTimestamp } from "../lib/time.ts";
import { reportedBy, type ReportedIdentity } from "../message/reported-identity.ts";
import { EMPTY_UPDATE, type TemplateUpdate } from "../store/templates.ts";
import { Contacts, pairOf } from "./contacts.ts";

export type AccountEffect =
  /** Meta reported a change of a template. */
  | ({ kind: "template" } & TemplateUpdate)
  /** A customer stopped or resumed marketing messages. */
  | { kind: "marketing"; addresses: readonly string[]; preference: string; at: number }
  /** A customer called, which opens the session window. */
  | {
      kind: "call";
      phoneNumberId: string;
      address: Address;
      at: number;
      identity: ReportedIdentity;
    }
  /** These addresses belong to one person. */
  | { kind: "identity"; phoneNumberId: string; identity: ReportedIdentity };

/** Where the field is in its body; `at` is the entry's own time, else the time of receipt. */
type FieldContext = {
  accountId: string | null;
  phoneNumberId: string | null;
  at: number;
  receivedAt: number;
};

/** Names, ids and a time: a longer effect fits no state and no queue message, and is only kept raw. */
const EFFECT_MAX_CHARACTERS = 2000;

export function accountEffects(
  field: string,
  value: JsonObject,
  context: FieldContext,
): AccountEffect[] {
  return effectsOf(field, value, context).filter((effect) => {
    // Texts of a template have their own limit.
    const named =
      effect.kind === "template" ? { ...effect, components: null, reason: null } : effect;
    return JSON.stringify(named).length <= EFFECT_MAX_CHARACTERS;
  });
}

function effectsOf(field: string, value: JsonObject, context: FieldContext): AccountEffect[] {
  const contacts = new Contacts(objectsMember(value, "contacts"));
  switch (field) {
    case "message_template_status_update":
    case "message_template_quality_update":
    case "message_template_components_update":
    case "template_category_update":
      return templateEffect(value, context);
    case "user_preferences":
      return objectsMember(value, "user_preferences").flatMap((each) =>
        marketingEffects(each, contacts, context),
      );
    case "calls":
      return objectsMember(value, "calls").flatMap((call) => callEffect(call, contacts, context));
    case "user_id_update":
      return objectsMember(value, "user_id_update").flatMap((each) =>
        userIdEffect(each, contacts, context),
      );
    default:
      return [];
  }
}

function templateEffect(value: JsonObject, { accountId, at }: FieldContext): AccountEffect[] {
  const update = templateUpdate(value, accountId, at);
  return update === null ? [] : [{ kind: "template", ...update }];
}

/** Several times Meta's largest template; a larger one would not fit a row in D1 and is only kept raw. */
const UPDATE_MAX_CHARACTERS = 100_000;

/** Meta's word for "no reason". */
const NO_REASON = "NONE";

/**
 * The template update in a value of one of the `message_template_…_update` fields or of
 * `template_category_update`; null if the value names no template.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference
 */
export function templateUpdate(
  value: JsonObject,
  accountId: string | null,
  at: number,
): TemplateUpdate | null {
  const name = textMember(value, "message_template_name");
  const language = textMember(value, "message_template_language");
  if (name === null || language === null) return null;
  const components = componentsOf(value);
  const update = {
    ...EMPTY_UPDATE,
    name,
    language,
    business_account_id: accountId,
    meta_id: textMember(value, "message_template_id"),
    status: textMember(value, "event"),
    category: textMember(value, "new_category") ?? textMember(value, "message_template_category"),
    quality: textMember(value, "new_quality_score"),
    reason: reasonOf(value),
    components: components === null ? null : JSON.stringify(components),
    at,
  };
  return JSON.stringify(update).length > UPDATE_MAX_CHARACTERS ? null : update;
}

/** For a pause, Meta's text that says until when. */
function reasonOf(value: JsonObject): string | null {
  const reason = textMember(value, "reason");
  if (reason !== null && reason.toUpperCase() !== NO_REASON) return reason;
  return textMember(objectMember(value, "other_info"), "description") ?? reason;
}

/**
 * The texts of an edited template as Meta's `components`; null where the value contains none. Meta
 * reports only text headers, and only buttons with a URL or a phone number.
 */
function componentsOf(value: JsonObject): JsonObject[] | null {
  const body = textMember(value, "message_template_element");
  if (body === null) return null;
  const header = textMember(value, "message_template_title");
  const footer = textMember(value, "message_template_footer");
  const buttons = objectsMember(value, "message_template_buttons").map(buttonOf);
  return [
    ...(header === null ? [] : [{ type: "HEADER", format: "TEXT", text: header }]),
    { type: "BODY", text: body },
    ...(footer === null ? [] : [{ type: "FOOTER", text: footer }]),
    ...(buttons.length === 0 ? [] : [{ type: "BUTTONS", buttons }]),
  ];
}

function buttonOf(button: JsonObject): JsonObject {
  const member = (name: string): JsonObject => {
    const text = textMember(button, `message_template_button_${name}`);
    return text === null ? {} : { [name]: text };
  };
  return { ...member("type"), ...member("text"), ...member("url"), ...member("phone_number") };
}

function marketingEffects(
  preference: JsonObject,
  contacts: Contacts,
  context: FieldContext,
): AccountEffect[] {
  const value = textMember(preference, "value");
  const identities = identitiesIn(preference, contacts, "wa_id", "user_id");
  const parent = textMember(preference, "parent_user_id");
  const addresses = addressesNamed([...identities, parent]).map(identityOf);
  if (value === null || addresses.length === 0) return [];
  const at = parseMetaTimestamp(preference["timestamp"], context.receivedAt);
  return [
    { kind: "marketing", addresses, preference: value, at },
    ...identityEffect(reportedBy(identities, at), context),
  ];
}

function callEffect(call: JsonObject, contacts: Contacts, context: FieldContext): AccountEffect[] {
  const at = parseMetaTimestamp(call["timestamp"], context.receivedAt);
  if (textMember(call, "direction") === "BUSINESS_INITIATED") {
    const identities = identitiesIn(call, contacts, "to", "to_user_id");
    return identityEffect(reportedBy(identities, at), context);
  }
  const identity = reportedBy(identitiesIn(call, contacts, "from", "from_user_id"), at);
  const [address] = identity.addresses;
  const { phoneNumberId } = context;
  if (address === undefined || phoneNumberId === null) return [];
  return [{ kind: "call", phoneNumberId, address, at, identity }];
}

function userIdEffect(
  update: JsonObject,
  contacts: Contacts,
  context: FieldContext,
): AccountEffect[] {
  const userId = objectMember(update, "user_id");
  const current = textMember(userId, "current");
  const previous = textMember(userId, "previous");
  if (current === null) return [];
  const at = parseMetaTimestamp(update["timestamp"], context.receivedAt);
  const { wa_id } = namedPair(textMember(update, "wa_id"), current);
  const contact = contacts.of(wa_id, current);
  const waId = wa_id ?? (contact === null ? null : pairOf(contact).wa_id);
  return identityEffect(reportedBy([waId, current, previous], at, true), context);
}

/** A single address links nothing. */
function identityEffect(
  identity: ReportedIdentity,
  { phoneNumberId }: FieldContext,
): AccountEffect[] {
  return phoneNumberId === null || identity.addresses.length < 2
    ? []
    : [{ kind: "identity", phoneNumberId, identity }];
}

/** One person's phone and BSUID, from an element and from its contact; the element wins. */
function identitiesIn(
  element: JsonObject,
  contacts: Contacts,
  phoneName: string,
  userIdName: string,
): (string | null)[] {
  const own = namedPair(textMember(element, phoneName), textMember(element, userIdName));
  const contact = contacts.of(own.wa_id, own.user_id);
  const named = contact === null ? null : pairOf(contact);
  return [own.wa_id ?? named?.wa_id ?? null, own.user_id ?? named?.user_id ?? null];
}

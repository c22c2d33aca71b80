/** What a field other than `messages` changes here, beside being kept: pure. */
import { toldBy, type ToldIdentity } from "../conversation/told-identity.ts";
import type { Address } from "../customer/address.ts";
import { addressesNamed, identityOf, namedPair } from "../customer/named-address.ts";
import { objectMember, objectsMember, textMember, type JsonObject } from "../json/json.ts";
import type { TemplateUpdate } from "../store/templates.ts";
import { Contacts, pairOf } from "./contacts.ts";
import { templateUpdate } from "./template-update.ts";
import { parseTimestamp } from "./timestamp.ts";

export type AccountEffect =
  /** What was told of a template. */
  | ({ kind: "template" } & TemplateUpdate)
  /** A customer stopped or resumed marketing messages. */
  | { kind: "marketing"; addresses: readonly string[]; preference: string; at: number }
  /** A customer called, which opens the session window. */
  | {
      kind: "call";
      phoneNumberId: string;
      address: Address;
      at: number;
      told: ToldIdentity;
    }
  /** These addresses are one person's. */
  | { kind: "identity"; phoneNumberId: string; told: ToldIdentity };

/** Where the field stands in its body; `at` is the entry's own time, else that of receipt. */
export type FieldContext = {
  accountId: string | null;
  phoneNumberId: string | null;
  at: number;
  receivedAt: number;
};

/** Names, ids and a time: what is longer fits no state and no queue message, and is kept raw alone. */
const EFFECT_MAX_CHARACTERS = 2000;

export function accountEffects(
  field: string,
  value: JsonObject,
  context: FieldContext,
): AccountEffect[] {
  return effectsOf(field, value, context).filter((effect) => {
    // Texts of a template have a limit of their own.
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
  const at = parseTimestamp(preference["timestamp"], context.receivedAt);
  return [
    { kind: "marketing", addresses, preference: value, at },
    ...identityEffect(toldBy(identities, at), context),
  ];
}

function callEffect(call: JsonObject, contacts: Contacts, context: FieldContext): AccountEffect[] {
  const at = parseTimestamp(call["timestamp"], context.receivedAt);
  if (textMember(call, "direction") === "BUSINESS_INITIATED") {
    const identities = identitiesIn(call, contacts, "to", "to_user_id");
    return identityEffect(toldBy(identities, at), context);
  }
  const told = toldBy(identitiesIn(call, contacts, "from", "from_user_id"), at);
  const [address] = told.addresses;
  const { phoneNumberId } = context;
  if (address === undefined || phoneNumberId === null) return [];
  return [{ kind: "call", phoneNumberId, address, at, told }];
}

function userIdEffect(
  update: JsonObject,
  contacts: Contacts,
  context: FieldContext,
): AccountEffect[] {
  const userId = objectMember(update, "user_id");
  const current = userId && textMember(userId, "current");
  const previous = userId && textMember(userId, "previous");
  if (current === null) return [];
  const at = parseTimestamp(update["timestamp"], context.receivedAt);
  const { wa_id } = namedPair(textMember(update, "wa_id"), current);
  const contact = contacts.of(wa_id, current);
  const waId = wa_id ?? (contact === null ? null : pairOf(contact).wa_id);
  return identityEffect(toldBy([waId, current, previous], at, true), context);
}

/** What an element and the contact beside it name of one person, the element first. */
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

/** One address alone tells nothing. */
function identityEffect(told: ToldIdentity, { phoneNumberId }: FieldContext): AccountEffect[] {
  return phoneNumberId === null || told.addresses.length < 2
    ? []
    : [{ kind: "identity", phoneNumberId, told }];
}

/** What the webhooks of templates tell: pure. */
import { objectMember, objectsMember, textMember, type JsonObject } from "../json/json.ts";
import { NOTHING_TOLD, type TemplateUpdate } from "../store/templates.ts";

/** Several times Meta's largest template; more would not fit a row, and is kept raw alone. */
const UPDATE_MAX_CHARACTERS = 100_000;

/** Meta writes it where there is no reason. */
const NO_REASON = "NONE";

/**
 * The update in a value of one of the `message_template_…_update` fields or of
 * `template_category_update`; null if it names no template.
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
    ...NOTHING_TOLD,
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

/** For a pause, the words that say until when. */
function reasonOf(value: JsonObject): string | null {
  const reason = textMember(value, "reason");
  if (reason !== null && reason.toUpperCase() !== NO_REASON) return reason;
  return textMember(objectMember(value, "other_info") ?? {}, "description") ?? reason;
}

/**
 * The texts of an edited template as Meta's `components`; null where none is told. Of headers only
 * texts are told, and of buttons only those with an address or a phone number.
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

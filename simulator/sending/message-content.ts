import { graphError } from "../graph/graph-error.ts";
import type { Parameter } from "../graph/parameter.ts";
import type { MediaOfNumber } from "./interactive-content.ts";
import { checkInteractiveContent } from "./interactive-content.ts";
import { checkMediaContent } from "./media-content.ts";

const TEXT_MAX_CHARACTERS = 4096;
const CALLBACK_DATA_MAX_CHARACTERS = 512;
const WAMID_MAX_CHARACTERS = 1024;
const NAME_MAX_CHARACTERS = 1024;
const EMOJI_MAX_CHARACTERS = 32;
const CONTACTS_MAX = 257;

const OTHER_NAMES = ["first_name", "last_name", "middle_name", "prefix", "suffix"] as const;

/** Checks everything of a message but its recipient; templates are checked against the registry besides. */
export function checkMessageContent(message: Parameter, media: MediaOfNumber): void {
  message.field("biz_opaque_callback_data").optionalText({ most: CALLBACK_DATA_MAX_CHARACTERS });
  const context = message.field("context");
  if (context.given) context.field("message_id").text({ most: WAMID_MAX_CHARACTERS });
  const recipientType = message.field("recipient_type");
  if (recipientType.given) recipientType.oneOf(["individual"]);
  checkByType(message, media);
}

function checkByType(message: Parameter, media: MediaOfNumber): void {
  const type = messageType(message);
  const content = message.field(type);
  switch (type) {
    case "text":
      if (content.object() !== null) content.field("body").text({ most: TEXT_MAX_CHARACTERS });
      break;
    case "image":
    case "video":
    case "audio":
    case "document":
    case "sticker":
      checkMediaContent(content, type, media.phoneNumberId, media.store);
      break;
    case "interactive":
      if (content.object() !== null) checkInteractiveContent(content, media);
      break;
    case "location":
      checkLocation(content);
      break;
    case "contacts":
      for (const contact of content.list(1, CONTACTS_MAX)) checkContact(contact);
      break;
    case "reaction":
      checkReaction(content);
      break;
    case "template":
      content.object();
      break;
    default:
      message.refuse(graphError(131051, `Message type ${type} is not supported.`));
  }
}

/** Meta takes a message without `type` for a text. */
export function messageType(message: Parameter): string {
  const type = message.field("type");
  return type.given ? type.word : "text";
}

function checkLocation(location: Parameter): void {
  if (location.object() === null) return;
  location.field("latitude").numberBetween(-90, 90);
  location.field("longitude").numberBetween(-180, 180);
  location.field("name").optionalText({ most: NAME_MAX_CHARACTERS });
  location.field("address").optionalText({ most: NAME_MAX_CHARACTERS });
}

function checkContact(contact: Parameter): void {
  const name = contact.field("name");
  name.field("formatted_name").text({ most: NAME_MAX_CHARACTERS });
  if (!OTHER_NAMES.some((part) => name.field(part).given)) {
    name.refuse(graphError(131009, `${name.path} needs one more of: ${OTHER_NAMES.join(", ")}`));
  }
}

/** An empty emoji takes the reaction back. */
function checkReaction(reaction: Parameter): void {
  if (reaction.object() === null) return;
  reaction.field("message_id").text({ most: WAMID_MAX_CHARACTERS });
  const emoji = reaction.field("emoji");
  if (emoji.value !== "") emoji.text({ most: EMOJI_MAX_CHARACTERS });
}

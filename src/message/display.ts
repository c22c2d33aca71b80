/** A message as one line of text: for lists, notifications and search. */
import { type JsonObject, objectMember, textMember } from "../lib/json.ts";
import { renderTemplate } from "../templates/render.ts";

const NOT_SUPPORTED = "[Mensaje no compatible]";

/** For an interactive message, or a reply to one, without text. */
const INTERACTIVE = "[Mensaje interactivo]";

/**
 * The display text of a Meta message object: inbound as in webhooks, or outbound as
 * `{type, [type]: content}`. Anything malformed gets a text in brackets.
 */
export function displayBody(message: JsonObject): string {
  if (message["type"] !== "edit") return bodyOf(message);
  const edited = objectMember(objectMember(message, "edit"), "message");
  // An edit of an edit does not exist at Meta; not following it bounds the work.
  return edited === null || edited["type"] === "edit" ? NOT_SUPPORTED : bodyOf(edited);
}

function bodyOf(message: JsonObject): string {
  const type = textMember(message, "type") ?? "";
  const content = objectMember(message, type);
  switch (type) {
    case "text":
      return textMember(content, "body") ?? NOT_SUPPORTED;
    case "image":
      return textMember(content, "caption") ?? "[Imagen]";
    case "video":
      return textMember(content, "caption") ?? "[Video]";
    case "audio":
    case "voice":
      return "[Audio]";
    case "document":
      return textMember(content, "caption") ?? documentBody(content);
    case "sticker":
      return "[Sticker]";
    case "location":
      return textMember(content, "name") ?? "[Ubicación]";
    case "contacts":
      return "[Contacto]";
    case "order":
      return "[Pedido]";
    case "button":
      return textMember(content, "text") ?? INTERACTIVE;
    case "interactive":
      return interactiveBody(content);
    case "reaction":
      // No emoji: the customer removed the reaction.
      return textMember(content, "emoji") ?? "";
    case "template":
      return renderTemplate(content ?? {});
    case "revoke":
      return "[Mensaje eliminado]";
    case "system":
      return textMember(content, "body") ?? "[Aviso de WhatsApp]";
    default:
      return NOT_SUPPORTED;
  }
}

function documentBody(document: JsonObject | null): string {
  const filename = textMember(document, "filename");
  return filename === null ? "[Documento]" : `[Documento: ${filename}]`;
}

function interactiveBody(interactive: JsonObject | null): string {
  const kind = textMember(interactive, "type") ?? "";
  switch (kind) {
    case "button_reply":
    case "list_reply":
      return textMember(objectMember(interactive, kind), "title") ?? INTERACTIVE;
    case "nfm_reply":
      return textMember(objectMember(interactive, kind), "body") ?? "[Formulario]";
    default:
      return textMember(objectMember(interactive, "body"), "text") ?? INTERACTIVE;
  }
}

/** What a message says, in the page's own words where it has no text: the API's placeholders are Spanish. Pure. */
import type { Attachment, Message } from "../state/views.ts";
import type { Words } from "../words/es.ts";
import { safeText } from "./markup.ts";

type JsonObject = { readonly [name: string]: unknown };

/** They show at the message that they are about. */
const ABOUT_OTHERS = new Set(["reaction", "edit", "revoke"]);

/** What the API writes for a message without a text. */
const PLACEHOLDER = /^\[[^\]]*\]$/u;

export function isBubble({ type }: Pick<Message, "type">): boolean {
  return !ABOUT_OTHERS.has(type);
}

/** The message that a reaction of ours is about, by Meta's id; null for everything else. */
export function targetOf({ type, direction, content }: Message): string | null {
  return type === "reaction" && direction === "outbound" ? textIn(content, "message_id") : null;
}

/** The text that the customer or the business wrote; null where there is none. */
export function textOf(message: Message): string | null {
  const [attachment] = message.attachments;
  if (attachment !== undefined && message.type !== "template" && message.type !== "interactive") {
    return attachment.caption;
  }
  switch (message.type) {
    case "text":
      return message.body;
    case "location":
    case "contacts":
    case "order":
    case "sticker":
      return null;
    default:
      return PLACEHOLDER.test(message.body) ? null : message.body;
  }
}

/** The answers of a flow, which Meta sends as JSON text, each with its name. */
export function answersIn(content: unknown): [string, string][] {
  return Object.entries(parsed(textIn(content, "nfm_reply", "response_json"))).map(
    ([name, value]: [string, unknown]) => [name, asText(value)],
  );
}

function parsed(json: string | null): object {
  try {
    const value: unknown = JSON.parse(json ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

export function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** One line for lists, quotes and labels. */
export function preview(
  message: Pick<Message, "type" | "body"> & { revoked?: boolean },
  words: Words,
): string {
  if (message.revoked === true) return words.revoked;
  const isText = message.type === "text";
  if (isText || (message.body !== "" && !PLACEHOLDER.test(message.body))) {
    return safeText(message.body).replaceAll(/\s+/gu, " ").trim();
  }
  return kindOf(message.type, words);
}

/** What is said of a reaction in the bubble of the message that it is about. */
export function saidOfReaction(emoji: string, text: string, { said, types }: Words): string {
  return said(`${types.reaction} ${emoji}`.trim(), text);
}

/** The word for a kind of message. */
export function kindOf(type: string, { files, types }: Words): string {
  if (isKey(files, type)) return files[type];
  return isKey(types, type) ? types[type] : types.unsupported;
}

/** A voice note is an audio that Meta marks as one. */
export function fileKind({ type }: Attachment, content: unknown): keyof Words["files"] {
  if (type === "audio") return memberOf(content, "voice") === true ? "voice" : "audio";
  switch (type) {
    case "image":
    case "video":
    case "voice":
    case "document":
    case "sticker":
      return type;
    default:
      return "document";
  }
}

export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

export function textIn(value: unknown, ...path: readonly string[]): string | null {
  const found = path.reduce(memberOf, value);
  return typeof found === "string" && found !== "" ? found : null;
}

export function listIn(value: unknown, name: string): readonly unknown[] {
  const found = memberOf(value, name);
  return Array.isArray(found) ? found : [];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null;
}

export function isKey<Names extends object>(
  names: Names,
  key: string,
): key is keyof Names & string {
  return Object.hasOwn(names, key);
}

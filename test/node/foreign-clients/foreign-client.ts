/** What the journey asks of a client library that was made for Meta's Graph API. */

/** Where a library is pointed at, and as whom. */
export type Place = { url: string; token: string; version: string; phoneNumberId: string };

export type Sent = { id: string; waId: string | undefined };

/** `code` and `details` as the library tells them. */
export type Refusal = { code: unknown; details: unknown };

export type MediaFacts = { url: string; mimeType: string; sha256: string; fileSize: number };

/** Of these a customer gets one each: an image by its id, the other files by a link. */
export const MESSAGE_TYPES = [
  "text",
  "image",
  "audio",
  "video",
  "document",
  "sticker",
  "location",
  "contacts",
  "buttons",
  "list",
  "reaction",
  "template",
] as const;

export type MessageType = (typeof MESSAGE_TYPES)[number];

export type ForeignClient = {
  text(to: string, body: string, replyTo?: string): Promise<Sent>;
  /** @param known a message of the customer's to react to, and a file to send */
  send(type: MessageType, to: string, known: { wamid: string; mediaId: string }): Promise<Sent>;
  markAsRead(messageId: string): Promise<boolean>;
  showTyping(messageId: string): Promise<boolean>;
  upload(file: File): Promise<string>;
  lookUp(mediaId: string): Promise<MediaFacts>;
  download(facts: MediaFacts): Promise<Uint8Array>;
  deleteMedia(mediaId: string): Promise<boolean>;
  /** What a call that must fail was refused with. */
  refusal(call: () => Promise<unknown>): Promise<Refusal>;
};

/** A library that lists templates as well. */
export type TemplateClient = ForeignClient & {
  templateNames(accountId: string): Promise<string[]>;
};

export const LINK = "https://files.example.com";

export const GREETING = "Hola Ñandú 🐾";

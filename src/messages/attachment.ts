/** The file that a message carries, in Meta's words. */
import { objectMember, textMember, type JsonObject } from "../json.ts";

export type Attachment = {
  /** The message's type: image, video, audio, voice, document or sticker. */
  type: string;
  /** Meta's media id. */
  meta_id: string | null;
  /** Where an outbound file is fetched from. */
  link: string | null;
  mime_type: string | null;
  /** Lower-case hex where it can be read, else as it came. */
  sha256: string | null;
  caption: string | null;
  filename: string | null;
};

/** Types whose content object is a file; `voice` is what older webhooks call a voice note. */
const FILE_TYPES: ReadonlySet<string> = new Set([
  "image",
  "video",
  "audio",
  "voice",
  "document",
  "sticker",
]);

const SHA256_HEX = /^[0-9a-f]{64}$/i;

/** 32 bytes in base64, with either alphabet, padded or not. */
const SHA256_BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** The attachment of a Meta message object, inbound or outbound; null if it carries no file. */
export function attachmentOf(message: JsonObject): Attachment | null {
  const type = textMember(message, "type");
  if (type === null || !FILE_TYPES.has(type)) return null;
  const file = objectMember(message, type);
  if (file === null) return null;
  const sha256 = textMember(file, "sha256");
  return {
    type,
    meta_id: textMember(file, "id"),
    link: textMember(file, "link"),
    mime_type: textMember(file, "mime_type"),
    sha256: sha256 === null ? null : normalizeSha256(sha256),
    caption: textMember(file, "caption"),
    filename: textMember(file, "filename"),
  };
}

// Webhooks give base64, the media lookup hex; whatever is neither is kept verbatim.
function normalizeSha256(digest: string): string {
  if (SHA256_HEX.test(digest)) return digest.toLowerCase();
  if (!SHA256_BASE64.test(digest)) return digest;
  const bytes = atob(digest.replaceAll("-", "+").replaceAll("_", "/"));
  return Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

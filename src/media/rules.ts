/** Meta's rules for files: which types and sizes it takes, how long it keeps them, how it says "gone". */
import type { GraphFailure } from "../graph/client.ts";
import type { GraphError } from "../graph/errors.ts";
import { DAY_MS } from "../lib/time.ts";

/**
 * Which files Meta takes, and how large.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */

type MediaKind = "image" | "audio" | "video" | "document" | "sticker";

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

/** The largest file of each kind, in bytes; of stickers, an animated one. */
const LIMIT_BYTES: Readonly<Record<MediaKind, number>> = {
  image: 5 * MEBIBYTE,
  audio: 16 * MEBIBYTE,
  video: 16 * MEBIBYTE,
  document: 100 * MEBIBYTE,
  sticker: 500 * KIBIBYTE,
};

const STATIC_STICKER_LIMIT_BYTES = 100 * KIBIBYTE;

const OPEN_XML = "application/vnd.openxmlformats-officedocument";

/** The first extension is the usual one; Meta accepts the others too. */
type MediaType = { kind: MediaKind; extensions: readonly [string, ...string[]] };

const MEDIA_TYPES: ReadonlyMap<string, MediaType> = new Map([
  ["image/jpeg", { kind: "image", extensions: ["jpg", "jpeg"] }],
  ["image/png", { kind: "image", extensions: ["png"] }],
  ["audio/aac", { kind: "audio", extensions: ["aac"] }],
  ["audio/amr", { kind: "audio", extensions: ["amr"] }],
  ["audio/mpeg", { kind: "audio", extensions: ["mp3"] }],
  ["audio/mp4", { kind: "audio", extensions: ["m4a", "mp4"] }],
  ["audio/ogg", { kind: "audio", extensions: ["ogg"] }],
  ["video/mp4", { kind: "video", extensions: ["mp4"] }],
  ["video/3gpp", { kind: "video", extensions: ["3gp", "3gpp"] }],
  ["application/pdf", { kind: "document", extensions: ["pdf"] }],
  ["text/plain", { kind: "document", extensions: ["txt"] }],
  ["application/msword", { kind: "document", extensions: ["doc"] }],
  [`${OPEN_XML}.wordprocessingml.document`, { kind: "document", extensions: ["docx"] }],
  ["application/vnd.ms-excel", { kind: "document", extensions: ["xls"] }],
  [`${OPEN_XML}.spreadsheetml.sheet`, { kind: "document", extensions: ["xlsx"] }],
  ["application/vnd.ms-powerpoint", { kind: "document", extensions: ["ppt"] }],
  [`${OPEN_XML}.presentationml.presentation`, { kind: "document", extensions: ["pptx"] }],
  ["image/webp", { kind: "sticker", extensions: ["webp"] }],
] satisfies [string, MediaType][]);

/** Other extensions of such files, which Meta does not recognize. */
const OTHER_EXTENSIONS = [
  "opus",
  "oga",
  "jpe",
  "jfif",
  "mpga",
  "mpeg",
  "mpg",
  "m4v",
  "3ga",
  "apng",
];

const MEDIA_EXTENSIONS: ReadonlySet<string> = new Set([
  ...[...MEDIA_TYPES.values()].flatMap(({ extensions }) => extensions),
  ...OTHER_EXTENSIONS,
]);

/** A type that is safe to quote in an error (RFC 6838, section 4.2). */
const MEDIA_TYPE = /^[a-z]+\/[\w!#$&^.+-]{1,127}$/;

const ALLOWED_TYPES = [...MEDIA_TYPES.keys()].join(", ");

/** `mimeType` is the one to send, without parameters. */
type MediaCheck = { ok: true; kind: MediaKind; mimeType: string } | { ok: false; detail: string };

/** Whether Meta would take the file; if not, what it takes. */
export function checkMedia(
  mimeType: string,
  sizeBytes: number,
  { animated }: { animated: boolean },
): MediaCheck {
  const essence = mimeEssence(mimeType);
  // Meta refuses `audio/opus` but takes Opus as an Ogg file.
  const sent = essence === "audio/opus" ? "audio/ogg" : essence;
  const type = MEDIA_TYPES.get(sent);
  if (type === undefined) {
    const got = MEDIA_TYPE.test(sent) ? sent : "none";
    return { ok: false, detail: `the type must be one of ${ALLOWED_TYPES}; got ${got}` };
  }
  if (sizeBytes === 0) return { ok: false, detail: "the file is empty" };
  const isStaticSticker = type.kind === "sticker" && !animated;
  const limitBytes = isStaticSticker ? STATIC_STICKER_LIMIT_BYTES : LIMIT_BYTES[type.kind];
  if (sizeBytes > limitBytes) {
    return { ok: false, detail: `${sent}: at most ${limitBytes} bytes, got ${sizeBytes}` };
  }
  return { ok: true, kind: type.kind, mimeType: sent };
}

/** The kind of message that carries a file of this type; null for a type that Meta does not take. */
export function mediaKindOf(mimeType: string): MediaKind | null {
  return MEDIA_TYPES.get(mimeEssence(mimeType))?.kind ?? null;
}

/** The usual extension of a type, with its dot; empty for a type that Meta does not take. */
export function extensionOf(mimeType: string): string {
  const extension = MEDIA_TYPES.get(mimeEssence(mimeType))?.extensions[0];
  return extension === undefined ? "" : `.${extension}`;
}

/** Whether the extension fits the type; `extension` in lower case, without its dot. */
export function isExtensionOf(mimeType: string, extension: string): boolean {
  return MEDIA_TYPES.get(mimeEssence(mimeType))?.extensions.includes(extension) === true;
}

/** Whether the extension belongs to any type that Meta takes. */
export function isMediaExtension(extension: string): boolean {
  return MEDIA_EXTENSIONS.has(extension);
}

/** `Audio/Ogg; codecs=opus` is `audio/ogg`. */
function mimeEssence(mimeType: string): string {
  return mimeType.replace(/;.*$/s, "").trim().toLowerCase();
}

/** How much of a file `isAnimatedWebp` needs, in bytes. */
export const WEBP_HEAD_BYTES = 21;

/** RIFF, size, WEBP, then the name of the first chunk. */
const SIGNATURE = /^RIFF[^]{4}WEBPVP8X/;

const FLAGS_OFFSET_BYTES = 20;

const ANIMATION_FLAG = 0b10;

/** Whether a WebP file's first bytes announce an animation (RFC 9649, section 2.7.1). */
export function isAnimatedWebp(head: Uint8Array): boolean {
  const flags = head[FLAGS_OFFSET_BYTES] ?? 0;
  return SIGNATURE.test(String.fromCharCode(...head)) && (flags & ANIMATION_FLAG) !== 0;
}

/**
 * How long Meta keeps a file.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */

/** For files that customers send. */
export const RECEIVED_LIFE_MS = 7 * DAY_MS;

/** For files that were uploaded. */
export const UPLOADED_LIFE_MS = 30 * DAY_MS;

/** Meta counts from a moment that we don't know exactly: a copy in its last day is not used. */
export const EXPIRY_MARGIN_MS = DAY_MS;

/** Until when messages may name Meta's copy. */
export function usableUntil({ meta_expires_at }: { meta_expires_at: number }): number {
  return meta_expires_at - EXPIRY_MARGIN_MS;
}

/** From when on Meta can't have a file any more, even if it never said so. */
export function surelyGoneAt({ meta_expires_at }: { meta_expires_at: number }): number {
  return meta_expires_at + EXPIRY_MARGIN_MS;
}

/** Meta's codes for "no such object" and "can't be downloaded". */
const GONE_CODES: ReadonlySet<number | null> = new Set([33, 100, 131052]);

const INVALID_PARAMETER = 100;
const UNKNOWN_OBJECT_SUBCODE = 33;

/** Graph's text for an unknown object: the subcode may be missing. */
const NO_SUCH_OBJECT = /\bobject with id\b.*\bdoes not exist\b/i;

const NOT_FOUND = 404;
const GONE = 410;

/** True if a reader's call failed because Meta does not have the file, or not any more. */
export function isGone({ error }: GraphFailure): boolean {
  return isMissing(error) || GONE_CODES.has(error.code);
}

/**
 * True if a lookup leaves no doubt that Meta will never have the file again. A 404 without Meta's own
 * text may come from a wrong base URL, and other refusals may have any cause.
 */
export function isClearlyGone({ error }: GraphFailure): boolean {
  const { code, subcode, message, details, http_status: status } = error;
  if (code === null) return status === GONE;
  if (code !== INVALID_PARAMETER) return false;
  return subcode === UNKNOWN_OBJECT_SUBCODE || NO_SUCH_OBJECT.test(`${message} ${details ?? ""}`);
}

/** True if a download address has expired: it lives 5 minutes. */
export function isMissing({ http_status: status }: GraphError): boolean {
  return status === NOT_FOUND || status === GONE;
}

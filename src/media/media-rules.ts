/**
 * Which files Meta takes, and how large.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */

export type MediaKind = "image" | "audio" | "video" | "document" | "sticker";

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

const MEDIA_TYPES: ReadonlyMap<string, { kind: MediaKind; extension: string }> = new Map([
  ["image/jpeg", { kind: "image", extension: "jpg" }],
  ["image/png", { kind: "image", extension: "png" }],
  ["audio/aac", { kind: "audio", extension: "aac" }],
  ["audio/amr", { kind: "audio", extension: "amr" }],
  ["audio/mpeg", { kind: "audio", extension: "mp3" }],
  ["audio/mp4", { kind: "audio", extension: "m4a" }],
  ["audio/ogg", { kind: "audio", extension: "ogg" }],
  ["video/mp4", { kind: "video", extension: "mp4" }],
  ["video/3gpp", { kind: "video", extension: "3gp" }],
  ["application/pdf", { kind: "document", extension: "pdf" }],
  ["text/plain", { kind: "document", extension: "txt" }],
  ["application/msword", { kind: "document", extension: "doc" }],
  [`${OPEN_XML}.wordprocessingml.document`, { kind: "document", extension: "docx" }],
  ["application/vnd.ms-excel", { kind: "document", extension: "xls" }],
  [`${OPEN_XML}.spreadsheetml.sheet`, { kind: "document", extension: "xlsx" }],
  ["application/vnd.ms-powerpoint", { kind: "document", extension: "ppt" }],
  [`${OPEN_XML}.presentationml.presentation`, { kind: "document", extension: "pptx" }],
  ["image/webp", { kind: "sticker", extension: "webp" }],
]);

/** What is safe to repeat of a type that came (RFC 6838, section 4.2). */
const MEDIA_TYPE = /^[a-z]+\/[\w!#$&^.+-]{1,127}$/;

const ALLOWED_TYPES = [...MEDIA_TYPES.keys()].join(", ");

/** `mimeType` is the one to send, without parameters. */
export type MediaCheck =
  | { ok: true; kind: MediaKind; mimeType: string }
  | { ok: false; detail: string };

/** Whether Meta would take the file, and else what it takes. */
export function checkMedia(
  mimeType: string,
  sizeBytes: number,
  { animated }: { animated: boolean },
): MediaCheck {
  const essence = mimeEssence(mimeType);
  // Meta refuses Opus under its own name and takes it in an Ogg file.
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

/** As what a file of this type is sent; null for a type that is not in the table. */
export function mediaKindOf(mimeType: string): MediaKind | null {
  return MEDIA_TYPES.get(mimeEssence(mimeType))?.kind ?? null;
}

/** The usual extension of a MIME type with its dot; empty for one that is not in the table. */
export function extensionOf(mimeType: string): string {
  const extension = MEDIA_TYPES.get(mimeEssence(mimeType))?.extension;
  return extension === undefined ? "" : `.${extension}`;
}

/** `Audio/Ogg; codecs=opus` is `audio/ogg`. */
function mimeEssence(mimeType: string): string {
  return mimeType.replace(/;.*$/s, "").trim().toLowerCase();
}

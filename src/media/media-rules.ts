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

/** The first extension is the usual one; the others are taken as well. */
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

/** Other names of such files, which Meta does not take for what they are. */
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
  const extension = MEDIA_TYPES.get(mimeEssence(mimeType))?.extensions[0];
  return extension === undefined ? "" : `.${extension}`;
}

/** Whether files of this type are called so; `extension` in lower case, without its dot. */
export function isExtensionOf(mimeType: string, extension: string): boolean {
  return MEDIA_TYPES.get(mimeEssence(mimeType))?.extensions.includes(extension) === true;
}

/** Whether it tells of a type that Meta takes, right or wrong. */
export function isMediaExtension(extension: string): boolean {
  return MEDIA_EXTENSIONS.has(extension);
}

/** `Audio/Ogg; codecs=opus` is `audio/ogg`. */
function mimeEssence(mimeType: string): string {
  return mimeType.replace(/;.*$/s, "").trim().toLowerCase();
}

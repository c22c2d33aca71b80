/** The kinds of media object that a message can carry. */
export type MediaKind = "image" | "audio" | "video" | "document" | "sticker";

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

interface MediaRule {
  readonly mimeTypes: readonly string[];
  readonly maxBytes: number;
}

const STATIC_STICKER_MAX_BYTES = 100 * KILOBYTE;
const ANIMATED_STICKER_MAX_BYTES = 500 * KILOBYTE;

const OFFICE = "application/vnd.openxmlformats-officedocument";

/** Meta, "Media": supported types and sizes. */
const RULES: Readonly<Record<MediaKind, MediaRule>> = {
  image: { mimeTypes: ["image/jpeg", "image/png"], maxBytes: 5 * MEGABYTE },
  audio: {
    mimeTypes: ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
    maxBytes: 16 * MEGABYTE,
  },
  video: { mimeTypes: ["video/mp4", "video/3gpp"], maxBytes: 16 * MEGABYTE },
  document: {
    mimeTypes: [
      "application/pdf",
      "text/plain",
      "application/msword",
      `${OFFICE}.wordprocessingml.document`,
      "application/vnd.ms-excel",
      `${OFFICE}.spreadsheetml.sheet`,
      "application/vnd.ms-powerpoint",
      `${OFFICE}.presentationml.presentation`,
    ],
    maxBytes: 100 * MEGABYTE,
  },
  sticker: { mimeTypes: ["image/webp"], maxBytes: ANIMATED_STICKER_MAX_BYTES },
};

const KINDS: readonly MediaKind[] = ["image", "audio", "video", "document", "sticker"];

export const SUPPORTED_MIME_TYPES: readonly string[] = KINDS.flatMap(
  (kind) => RULES[kind].mimeTypes,
);

const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  "image/jpeg": ["jpg", "jpeg"],
  "image/png": ["png"],
  "audio/aac": ["aac"],
  "audio/amr": ["amr"],
  "audio/mpeg": ["mp3"],
  "audio/mp4": ["m4a", "mp4"],
  "audio/ogg": ["ogg"],
  "video/mp4": ["mp4"],
  "video/3gpp": ["3gp", "3gpp"],
  "application/pdf": ["pdf"],
  "text/plain": ["txt"],
  "application/msword": ["doc"],
  [`${OFFICE}.wordprocessingml.document`]: ["docx"],
  "application/vnd.ms-excel": ["xls"],
  [`${OFFICE}.spreadsheetml.sheet`]: ["xlsx"],
  "application/vnd.ms-powerpoint": ["ppt"],
  [`${OFFICE}.presentationml.presentation`]: ["pptx"],
  "image/webp": ["webp"],
};

/** Meta, "Media": a file is taken by its type and the extension of its name. */
export function isNamedAs(mimeType: string, filename: string): boolean {
  const extension = filename.slice(filename.lastIndexOf(".") + 1).toLowerCase();
  return filename.includes(".") && EXTENSIONS[essenceOf(mimeType)]?.includes(extension) === true;
}

/** `audio/ogg; codecs=opus` is `audio/ogg`. */
export function essenceOf(mimeType: string): string {
  return mimeType.replace(/;.*$/, "").trim().toLowerCase();
}

export function kindOf(mimeType: string): MediaKind | undefined {
  return KINDS.find((kind) => RULES[kind].mimeTypes.includes(essenceOf(mimeType)));
}

export function supportedTypesOf(kind: MediaKind): readonly string[] {
  return RULES[kind].mimeTypes;
}

export function maxBytesOf(kind: MediaKind, bytes: Uint8Array): number {
  return kind === "sticker" && !isAnimatedWebp(bytes)
    ? STATIC_STICKER_MAX_BYTES
    : RULES[kind].maxBytes;
}

const WEBP_CHUNK_START = 12;
const WEBP_CHUNK_END = 16;
const WEBP_FLAGS_BYTE = 20;
const WEBP_ANIMATION_FLAG = 0x02;

/** The extended WebP header (`VP8X`) has a flag for animation. */
function isAnimatedWebp(bytes: Uint8Array): boolean {
  const chunk = String.fromCharCode(...bytes.subarray(WEBP_CHUNK_START, WEBP_CHUNK_END));
  return chunk === "VP8X" && ((bytes[WEBP_FLAGS_BYTE] ?? 0) & WEBP_ANIMATION_FLAG) !== 0;
}

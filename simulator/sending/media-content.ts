import { badParameter, graphError } from "../graph/graph-error.ts";
import type { Parameter } from "../graph/parameter.ts";
import type { MediaKind } from "../media/media-rules.ts";
import { essenceOf, maxBytesOf, supportedTypesOf } from "../media/media-rules.ts";
import type { MediaStore } from "../media/media-store.ts";

const CAPTION_MAX_CHARACTERS = 1024;
const FILENAME_MAX_CHARACTERS = 240;
const LINK = /^https?:\/\/[^\s/]+/;
const LINK_MAX_CHARACTERS = 2048;

/** Checks the media object of a message: what it refers to, and what it may say beside. */
export function checkMediaContent(
  media: Parameter,
  kind: MediaKind,
  phoneNumberId: string,
  store: MediaStore,
): void {
  if (media.object() === null) return;
  checkMediaSource(media, kind, phoneNumberId, store);
  const caption = media.field("caption");
  if (kind === "audio" || kind === "sticker") caption.absent();
  else caption.optionalText({ most: CAPTION_MAX_CHARACTERS });
  const filename = media.field("filename");
  if (kind === "document") filename.optionalText({ most: FILENAME_MAX_CHARACTERS });
  else filename.absent();
}

/** Exactly one of `id` and `link`; an id must be one of ours that suits the kind. */
export function checkMediaSource(
  media: Parameter,
  kind: MediaKind,
  phoneNumberId: string,
  store: MediaStore,
): void {
  const id = media.field("id");
  const link = media.field("link");
  if (id.given === link.given) {
    media.refuse(badParameter(`Param ${media.path} must have either an id or a link.`));
    return;
  }
  if (link.given) {
    if (!LINK.test(link.text({ most: LINK_MAX_CHARACTERS }))) {
      link.refuse(badParameter(`Param ${link.path} is not a valid URI.`));
    }
    return;
  }
  const stored = store.find(id.word);
  if (stored === undefined || stored.phoneNumberId !== phoneNumberId) {
    id.refuse(
      badParameter(`Param ${id.path} is not a valid whatsapp business account media attachment ID`),
    );
    return;
  }
  const types = supportedTypesOf(kind);
  if (!types.includes(essenceOf(stored.mimeType))) {
    id.refuse(
      graphError(
        131053,
        `Unsupported ${kind} mime type ${stored.mimeType}. Please use one of ${types.join(", ")}.`,
      ),
    );
  } else if (stored.bytes.length > maxBytesOf(kind, stored.bytes)) {
    id.refuse(graphError(131053, `The ${kind} file is larger than Meta allows.`));
  }
}

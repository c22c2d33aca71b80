/** What the interactive messages share: header, body and footer. */
import * as v from "valibot";
import { wanted } from "./check-value.ts";
import {
  FOOTER_TEXT_MAX_CHARACTERS,
  HEADER_TEXT_MAX_CHARACTERS,
  INTERACTIVE_BODY_MAX_CHARACTERS,
} from "./limits.ts";
import { documentContent, imageContent, videoContent } from "./media-content.ts";
import { exactly, looseObject, noArray, requiredText } from "./schema-parts.ts";

export const interactiveBody = looseObject({ text: requiredText(INTERACTIVE_BODY_MAX_CHARACTERS) });

export const interactiveFooter = v.optional(
  looseObject({ text: requiredText(FOOTER_TEXT_MAX_CHARACTERS) }),
);

const headerText = requiredText(HEADER_TEXT_MAX_CHARACTERS);

/** A header of words, for a list. */
export const textHeader = v.optional(looseObject({ type: exactly("text"), text: headerText }));

/** A header of words or with a file, for buttons. */
export const anyHeader = v.optional(
  noArray(
    v.variant(
      "type",
      [
        v.looseObject({ type: v.literal("text"), text: headerText }),
        v.looseObject({ type: v.literal("image"), image: imageContent }),
        v.looseObject({ type: v.literal("video"), video: videoContent }),
        v.looseObject({ type: v.literal("document"), document: documentContent }),
      ],
      wanted('must be "text", "image", "video" or "document"'),
    ),
  ),
);

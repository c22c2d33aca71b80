/** The contents that are checked, by message type. */
import type * as v from "valibot";
import { contactsContent } from "./contacts-content.ts";
import { interactiveContent } from "./interactive-content.ts";
import { locationContent } from "./location-content.ts";
import {
  audioContent,
  documentContent,
  imageContent,
  stickerContent,
  videoContent,
} from "./media-content.ts";
import { reactionContent } from "./reaction-content.ts";
import { jsonObject } from "./schema-parts.ts";
import { templateContent } from "./template-content.ts";
import { textContent } from "./text-content.ts";

export const contentSchemas = {
  text: textContent,
  image: imageContent,
  video: videoContent,
  audio: audioContent,
  document: documentContent,
  sticker: stickerContent,
  interactive: interactiveContent,
  location: locationContent,
  contacts: contactsContent,
  reaction: reactionContent,
  template: templateContent,
};

/** The same, to look a type up that anybody may have named. */
export const messageContents: ReadonlyMap<string, v.GenericSchema> = new Map(
  Object.entries(contentSchemas),
);

/** The schema of a type's content: what Meta takes and we know no limits for goes through whole. */
export function contentSchema(type: string): v.GenericSchema {
  return messageContents.get(type) ?? jsonObject;
}

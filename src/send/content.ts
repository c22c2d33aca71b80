/** The schemas of message contents, by message type: Meta's rules that we check before the call. */
import * as v from "valibot";
import {
  boundedList,
  jsonObject,
  looseObject,
  noArray,
  requiredText,
  wanted,
} from "../lib/validate.ts";
import { DEFAULT_TEMPLATE_LANGUAGE } from "../templates/definition.ts";
import { interactiveContent } from "./interactive.ts";
import {
  CONTACTS_MAX_COUNT,
  LATITUDE_MAX_DEGREES,
  LONGITUDE_MAX_DEGREES,
  TEXT_BODY_MAX_CHARACTERS,
} from "./limits.ts";
import {
  audioContent,
  documentContent,
  imageContent,
  stickerContent,
  videoContent,
} from "./media-content.ts";

/** Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/contacts-messages */
const NAME_PARTS = ["first_name", "last_name", "middle_name", "prefix", "suffix"] as const;

/** `contacts`: cards, each with the name that it shows. The only content that is an array. */
const contactsContent = boundedList(
  looseObject({
    name: v.pipe(
      looseObject({
        formatted_name: v.pipe(v.string(), v.nonEmpty("must not be empty")),
      }),
      v.check(
        (name) => NAME_PARTS.some((part) => part in name),
        `Meta requires one more besides formatted_name: ${NAME_PARTS.join(", ")}`,
      ),
    ),
  }),
  { most: CONTACTS_MAX_COUNT, noun: "contact" },
);

/** Meta's examples write coordinates as text, its webhooks as numbers; it takes both. */
const DECIMAL = /^-?\d{1,3}(?:\.\d+)?$/;

/** `location`: a point on the map, with an optional name and address. */
const locationContent = looseObject({
  latitude: coordinate(LATITUDE_MAX_DEGREES),
  longitude: coordinate(LONGITUDE_MAX_DEGREES),
  name: v.optional(v.string()),
  address: v.optional(v.string()),
});

function coordinate(most: number) {
  return v.pipe(
    v.union([v.number(), v.string()]),
    v.check(
      (degrees) =>
        (typeof degrees === "number" || DECIMAL.test(degrees)) && Math.abs(Number(degrees)) <= most,
      ({ input }) =>
        `must be degrees from -${most} to ${most}, such as 19.4326, got ${
          typeof input === "number" || DECIMAL.test(input) ? input : "text"
        }`,
    ),
  );
}

/** `reaction`: one emoji on a message; an empty one takes the reaction back. */
const reactionContent = looseObject({
  message_id: v.pipe(v.string(), v.nonEmpty("must be the id of the message to react to")),
  emoji: v.pipe(
    v.string(),
    v.maxGraphemes(
      1,
      ({ received }) =>
        `must be one emoji, or empty to take the reaction back; got ${received} characters`,
    ),
  ),
});

/** Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview */
const TEMPLATE_NAME = /^[a-z0-9_]{1,512}$/;

const nonEmptyText = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** The text itself is checked later against the template, which the error quotes. */
const textParameter = v.looseObject({ type: v.literal("text"), text: v.string() });

/** Currencies, dates, files, button payloads: passed on to Meta unchecked. */
const otherParameter = v.looseObject({
  type: v.pipe(nonEmptyText, v.notValues(["text"])),
});

const component = looseObject({
  type: nonEmptyText,
  parameters: v.optional(
    v.array(
      noArray(
        v.variant(
          "type",
          [textParameter, otherParameter],
          wanted('must name the kind of parameter, such as "text"'),
        ),
      ),
    ),
  ),
});

/**
 * `template`, with Meta's `components` or with `params`, the short form that `completeTemplate`
 * turns into them.
 */
export const templateContent = looseObject({
  name: v.pipe(
    v.string(),
    v.regex(
      TEMPLATE_NAME,
      wanted("must be 1 to 512 lower-case letters, digits and underscores, as in WhatsApp Manager"),
    ),
  ),
  language: v.optional(looseObject({ code: nonEmptyText }), { code: DEFAULT_TEMPLATE_LANGUAGE }),
  components: v.optional(v.array(component)),
  params: v.optional(noArray(v.record(v.string(), v.string()))),
});

/** `text`: links show a preview unless the caller says otherwise. */
const textContent = looseObject({
  body: requiredText(TEXT_BODY_MAX_CHARACTERS),
  preview_url: v.optional(v.boolean(), true),
});

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

/** The same as a map, since a type in a request may be any text. */
export const messageContents: ReadonlyMap<string, v.GenericSchema> = new Map(
  Object.entries(contentSchemas),
);

/** The schema of a type's content; a type that we know no limits of goes to Meta unchanged. */
export function contentSchema(type: string): v.GenericSchema {
  return messageContents.get(type) ?? jsonObject;
}

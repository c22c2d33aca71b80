/** `image`, `video`, `audio`, `document`, `sticker`: each names its file by exactly one reference. */
import * as v from "valibot";
import { isJsonObject } from "../lib/json.ts";
import { boundedText, looseObject } from "../lib/validate.ts";
import { CAPTION_MAX_CHARACTERS } from "./limits.ts";

const nonEmptyText = v.pipe(v.string(), v.nonEmpty("must not be empty"));

const sourceEntries = {
  /** Meta's media id. */
  id: v.optional(nonEmptyText),
  /** A URL, which `linkErrors` checks in every content that names files. */
  link: v.optional(v.pipe(v.string(), v.metadata({ format: "uri" }))),
  /** Our own media id. */
  media_id: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^med_\w+$/,
        'must be a media id of ours, such as "med_…"; one of Meta\'s belongs in "id"',
      ),
    ),
  ),
};

const SOURCES = ["id", "link", "media_id"] as const;

const caption = v.optional(boundedText(CAPTION_MAX_CHARACTERS));
const noCaption = absent("takes no caption here: send the text as a message of its own");
const noFilename = absent("only a document has a file name: leave it out");

export const imageContent = fileContent({ caption, filename: noFilename });

export const videoContent = fileContent({ caption, filename: noFilename });

export const audioContent = fileContent({ caption: noCaption, filename: noFilename });

export const stickerContent = fileContent({ caption: noCaption, filename: noFilename });

export const documentContent = fileContent({ caption, filename: v.optional(nonEmptyText) });

function fileContent<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(
    looseObject({ ...sourceEntries, ...entries }),
    v.rawCheck(({ dataset, addIssue }) => {
      const given = SOURCES.filter((source) => hasMember(dataset.value, source));
      if (given.length !== 1) {
        const got = given.join(" and ") || "none";
        addIssue({ message: `give exactly one of ${SOURCES.join(", ")}; got ${got}` });
      }
    }),
  );
}

function hasMember(value: unknown, member: string): boolean {
  return isJsonObject(value) && value[member] !== undefined;
}

/** A member that must not be there. */
function absent(message: string) {
  return v.optional(v.never(message));
}

import * as v from "valibot";
import { CONTACTS_MAX_COUNT } from "./limits.ts";
import { boundedList, looseObject } from "./schema-parts.ts";

/** `contacts`: cards, each with the name that it shows. The only content that is an array. */
export const contactsContent = boundedList(
  looseObject({
    name: looseObject({
      formatted_name: v.pipe(v.string(), v.nonEmpty("must not be empty")),
    }),
  }),
  { most: CONTACTS_MAX_COUNT, noun: "contact" },
);

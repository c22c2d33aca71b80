import * as v from "valibot";
import { CONTACTS_MAX_COUNT } from "./limits.ts";
import { boundedList, looseObject } from "./schema-parts.ts";

/** Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/contacts-messages */
const NAME_PARTS = ["first_name", "last_name", "middle_name", "prefix", "suffix"] as const;

/** `contacts`: cards, each with the name that it shows. The only content that is an array. */
export const contactsContent = boundedList(
  looseObject({
    name: v.pipe(
      looseObject({
        formatted_name: v.pipe(v.string(), v.nonEmpty("must not be empty")),
      }),
      v.check(
        (name) => NAME_PARTS.some((part) => part in name),
        `Meta wants one more beside formatted_name: ${NAME_PARTS.join(", ")}`,
      ),
    ),
  }),
  { most: CONTACTS_MAX_COUNT, noun: "contact" },
);

import * as v from "valibot";
import { DEFAULT_TEMPLATE_LANGUAGE } from "../templates/template-definition.ts";
import { wanted } from "./check-value.ts";
import { looseObject, noArray } from "./schema-parts.ts";

/** Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview */
const TEMPLATE_NAME = /^[a-z0-9_]{1,512}$/;

const nonEmptyText = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** What may stand in the text is checked where the template is known, whose text the error quotes. */
const textParameter = v.looseObject({ type: v.literal("text"), text: v.string() });

/** Currencies, dates, files, button payloads: as they are at Meta. */
const otherParameter = v.looseObject({
  type: v.pipe(nonEmptyText, v.notValue("text")),
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

/** `interactive`: four kinds are checked, whatever else Meta has or invents goes through whole. */
import * as v from "valibot";
import { wanted } from "./check-value.ts";
import { ctaUrlInteractive } from "./cta-url-interactive.ts";
import { listInteractive } from "./list-interactive.ts";
import { locationRequestInteractive } from "./location-request-interactive.ts";
import { replyButtonsInteractive } from "./reply-buttons-interactive.ts";
import { noArray } from "./schema-parts.ts";

const CHECKED_KINDS: readonly string[] = ["button", "list", "cta_url", "location_request_message"];

/** Any other kind. */
export const otherInteractive = v.looseObject({
  type: v.pipe(v.string(), v.nonEmpty(), v.notValues(CHECKED_KINDS)),
});

export const interactiveContent = noArray(
  v.variant(
    "type",
    [
      replyButtonsInteractive,
      listInteractive,
      ctaUrlInteractive,
      locationRequestInteractive,
      otherInteractive,
    ],
    wanted('must name the kind of interactive message, such as "button" or "list"'),
  ),
);

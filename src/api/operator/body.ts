/** The body of `POST /v1/subscribers/test`. */
import * as v from "valibot";
import { described, requestObject } from "../schema.ts";

export const subscriberTestBody = requestObject({
  url: v.optional(
    described(v.string(), "A URL of EVENT_SUBSCRIBERS; may be left out if there is only one."),
  ),
});

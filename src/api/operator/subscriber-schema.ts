/** The body and the answer of `POST /v1/subscribers/test`. */
import * as v from "valibot";
import { described, requestObject, textOrNull } from "../schema.ts";

export const subscriberTestBody = requestObject({
  url: v.optional(
    described(v.string(), "A URL of EVENT_SUBSCRIBERS; may be left out if there is only one."),
  ),
});

export const subscriberTestSchema = v.strictObject({
  url: described(v.string(), "The subscriber that was tested."),
  delivered: described(v.boolean(), "Whether the subscriber answered 2xx."),
  reason: textOrNull("Why not; null if it did."),
  duration_ms: described(v.number(), "Milliseconds until the answer."),
});

export type SubscriberTestView = v.InferOutput<typeof subscriberTestSchema>;

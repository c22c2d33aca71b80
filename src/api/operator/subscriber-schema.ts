import * as v from "valibot";
import { described, requestObject, textOrNull } from "../schema.ts";

/** `POST /v1/subscribers/test`. */
export const subscriberTestBody = requestObject({
  url: v.optional(
    described(v.string(), "Of EVENT_SUBSCRIBERS; may be left out where there is one alone."),
  ),
});

export const subscriberTestSchema = v.strictObject({
  url: described(v.string(), "Who was asked."),
  delivered: described(v.boolean(), "Whether it answered 2xx."),
  reason: textOrNull("What came in place of that."),
  duration_ms: described(v.number(), "How long it took."),
});

export type SubscriberTestView = v.InferOutput<typeof subscriberTestSchema>;

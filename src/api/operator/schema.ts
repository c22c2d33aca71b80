/** The answers of the operator's routes. */
import * as v from "valibot";
import { anyJson, described, textOrNull, time } from "../schema.ts";

/** A webhook field that is neither messages nor statuses. */
export const accountEventSchema = v.strictObject({
  id: v.string(),
  field: described(v.string(), "Meta's name of the field, such as `account_update`."),
  business_account_id: textOrNull("The WhatsApp Business account that it belongs to."),
  phone_number_id: textOrNull("The business number that it is about, if any."),
  received_at: time("When the webhook came."),
  value: described(anyJson, "Meta's value, unchanged."),
});

/** A webhook, event or job that could not be processed. */
export const deadLetterSchema = v.strictObject({
  id: v.string(),
  source: described(
    v.string(),
    "`webhook`, `message`, `send`, `status`, `events`, or the name of the queue that gave up.",
  ),
  reason: v.string(),
  created_at: time("When Paloma gave up."),
  payload: described(anyJson, "Everything that a replay needs."),
});

export type AccountEventView = v.InferOutput<typeof accountEventSchema>;

export type DeadLetterView = v.InferOutput<typeof deadLetterSchema>;

const result = v.picklist(["ok", "warn", "fail"]);

/** `GET /v1/doctor`. */
export const doctorSchema = v.strictObject({
  result: described(result, "The worst of all checks."),
  checked_at: time("When the checks were made."),
  checks: v.array(
    v.strictObject({
      check: described(v.string(), "The check's name, which never changes."),
      what: described(v.string(), "What the check found."),
      result: described(
        result,
        "`warn`: it works, but look at it. `fail`: it does not work, or could not be checked.",
      ),
      remedy: textOrNull("What to do about it; null if all is well."),
    }),
  ),
});

export type DoctorView = v.InferOutput<typeof doctorSchema>;

/** What a test event came to. */
export const subscriberTestSchema = v.strictObject({
  url: described(v.string(), "The subscriber that was tested."),
  delivered: described(v.boolean(), "Whether the subscriber answered 2xx."),
  reason: textOrNull("Why not; null if it did."),
  duration_ms: described(v.number(), "Milliseconds until the answer."),
});

export type SubscriberTestView = v.InferOutput<typeof subscriberTestSchema>;

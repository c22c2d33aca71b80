/** What the operator looks at. */
import * as v from "valibot";
import { anyJson, described, textOrNull, time } from "../schema.ts";

/** A webhook field that is neither messages nor statuses. */
export const accountEventSchema = v.strictObject({
  id: v.string(),
  field: described(v.string(), "Meta's name of it, such as `account_update`."),
  business_account_id: textOrNull("Whose it is."),
  phone_number_id: textOrNull("Which number it is about, if any."),
  received_at: time("When it came."),
  value: described(anyJson, "Meta's value, as it came."),
});

/** What could not be processed. */
export const deadLetterSchema = v.strictObject({
  id: v.string(),
  source: described(
    v.string(),
    "`webhook`, `message`, `status`, `events`, or the queue that gave it up.",
  ),
  reason: v.string(),
  created_at: time("When it was given up."),
  payload: described(anyJson, "All that a replay needs."),
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
      check: described(v.string(), "Its name, which stays the same."),
      what: described(v.string(), "What was found."),
      result: described(
        result,
        "`warn`: it works, and wants to be looked at. `fail`: it does not, or nobody could tell.",
      ),
      remedy: textOrNull("What to do about it; null where all is well."),
    }),
  ),
});

export type DoctorView = v.InferOutput<typeof doctorSchema>;

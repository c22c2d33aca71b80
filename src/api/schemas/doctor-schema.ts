import * as v from "valibot";
import { described, textOrNull, time } from "./schema-words.ts";

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

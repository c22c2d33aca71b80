import * as v from "valibot";
import { noArray } from "../messages/schema-parts.ts";

/** The schema of a body with these members and no others. */
export function requestObject<const Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries).join(", ");
  return noArray(
    v.strictObject(entries, ({ expected }) =>
      expected === "never" ? `is unknown here: only ${names}` : "is required",
    ),
  );
}

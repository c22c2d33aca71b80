import * as v from "valibot";
import { noArray } from "../messages/schema-parts.ts";

/** The schema of a body with these members, each of which may be left out, and no others. */
export function requestObject<const Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries).join(", ");
  return noArray(v.strictObject(entries, `is unknown here: only ${names}`));
}

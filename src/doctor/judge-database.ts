/** Whether D1 answers, and has what this version needs. */
import { errorMembers } from "../observability/log.ts";
import { APPLY_MIGRATIONS, lacksMigrations } from "../store/d1-failure.ts";
import { fail, ok, withoutFullStop, type Verdict } from "./verdict.ts";

/** @param failure what D1 threw; null where it answered as it should */
export function judgeDatabase(failure: { error: unknown } | null): Verdict {
  if (failure === null) return ok("D1 answers and has every table.");
  const why = withoutFullStop(errorMembers(failure.error).error);
  if (lacksMigrations(failure.error)) {
    return fail(`The database lacks migrations: ${why}.`, `${capitalized(APPLY_MIGRATIONS)}.`);
  }
  return fail(
    `D1 does not answer as it should: ${why}.`,
    "Look at D1 in Cloudflare's dashboard and at https://www.cloudflarestatus.com, then ask again. What comes meanwhile is kept in the conversations' objects and in queues.",
  );
}

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

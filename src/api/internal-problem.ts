import { isDeadlineExceeded } from "../deadline.ts";
import { APPLY_MIGRATIONS, lacksMigrations } from "../store/d1-failure.ts";
import type { Problem } from "../http/problem.ts";
import { errorMembers, log } from "../observability/log.ts";

/**
 * What went wrong here: told to the log, and to the caller only that it happened.
 *
 * @param asked the request's id, and which method it was
 */
export function internalProblem(
  error: unknown,
  asked: { request_id: string; method: string },
): Problem {
  log("error", "request_failed", { ...asked, ...errorMembers(error) });
  if (isDeadlineExceeded(error)) {
    const detail = "The database did not answer in time: repeat the request.";
    return { code: "unavailable", detail };
  }
  if (lacksMigrations(error)) {
    return {
      code: "not_configured",
      detail: `The database lacks migrations: ${APPLY_MIGRATIONS}.`,
    };
  }
  const detail = "Something went wrong here. Repeat it later; the request id leads to the log.";
  return { code: "internal", detail };
}

import type { Problem } from "../http/problem.ts";
import { errorMembers, log } from "../log.ts";

/**
 * What nobody foresaw: told to the log, and to the caller only that it happened.
 *
 * @param asked the request's id, and which method it was
 */
export function internalProblem(
  error: unknown,
  asked: { request_id: string; method: string },
): Problem {
  log("error", "request_failed", { ...asked, ...errorMembers(error) });
  const detail = "Something went wrong here. Repeat it later; the request id leads to the log.";
  return { code: "internal", detail };
}

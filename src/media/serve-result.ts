/** What comes of a request about a file. */
import type { GraphFailure } from "../graph/graph-client.ts";
import { isGone } from "./gone.ts";

export type ServeResult =
  | { ok: true; response: Response }
  /** No file of this id was ever known. */
  | { ok: false; reason: "unknown" }
  /** It was there, and Meta has deleted it. */
  | { ok: false; reason: "gone" }
  | { ok: false; reason: "meta"; failure: GraphFailure };

const OK = 200;

/**
 * A failed call to Meta about a file.
 *
 * @param isKnown whether we know it: of any other id only Meta can say whether it ever was a file's
 */
export function refusal(
  failure: GraphFailure,
  isKnown: boolean,
): Exclude<ServeResult, { ok: true }> {
  if (isGone(failure)) return { ok: false, reason: isKnown ? "gone" : "unknown" };
  // A good answer without an address tells of something else: a number, an account.
  const isOther = !isKnown && failure.error.http_status === OK;
  return isOther ? { ok: false, reason: "unknown" } : { ok: false, reason: "meta", failure };
}

/** How Meta says that a file is no longer there. */
import type { GraphError } from "../graph/graph-error.ts";
import type { GraphFailure } from "../graph/graph-client.ts";

/** No such object, or not to be downloaded. */
const GONE_CODES: ReadonlySet<number | null> = new Set([33, 100, 131052]);

const INVALID_PARAMETER = 100;
const UNKNOWN_OBJECT_SUBCODE = 33;

/** Graph's words for the same; subcodes may be missing. */
const NO_SUCH_OBJECT = /\bobject with id\b.*\bdoes not exist\b/i;

const NOT_FOUND = 404;
const GONE = 410;

/** True of an answer to a reader about a media object that Meta does not have, or no longer. */
export function isGone({ error }: GraphFailure): boolean {
  return isMissing(error) || GONE_CODES.has(error.code);
}

/**
 * True of a lookup by which Meta leaves no doubt: nobody need ask again. A 404 without Meta's own
 * words may come of a wrong base URL, and other refusals may come of anything.
 */
export function isClearlyGone({ error }: GraphFailure): boolean {
  const { code, subcode, message, details, http_status: status } = error;
  if (code === null) return status === GONE;
  if (code !== INVALID_PARAMETER) return false;
  return subcode === UNKNOWN_OBJECT_SUBCODE || NO_SUCH_OBJECT.test(`${message} ${details ?? ""}`);
}

/** True of a download that is not there: its address lives 5 minutes. */
export function isMissing({ http_status: status }: GraphError): boolean {
  return status === NOT_FOUND || status === GONE;
}

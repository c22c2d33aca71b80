/** How Meta says that a file is no longer there. */
import type { GraphError } from "../graph/graph-error.ts";
import type { GraphFailure } from "../graph/graph-client.ts";

/** No such object, or not to be downloaded. */
const GONE_CODES: ReadonlySet<number | null> = new Set([33, 100, 131052]);

const NOT_FOUND = 404;
const GONE = 410;

/** True of an answer about a media object that Meta does not have, or no longer. */
export function isGone({ error }: GraphFailure): boolean {
  return isMissing(error) || GONE_CODES.has(error.code);
}

/** True of a download that is not there: its address lives 5 minutes. */
export function isMissing({ http_status: status }: GraphError): boolean {
  return status === NOT_FOUND || status === GONE;
}

/** A line of the Worker's log, short enough to be read beside others. */
import { isJsonObject, type JsonObject } from "../../src/json/json.ts";

/** A request that only read, and was answered. */
const READ = /^(?:GET|HEAD) /;

/** While a chat is played, a read that finds nothing yet is no trouble. */
const FAILED = /^5/;

/** Events that are no trouble and belong to no request of somebody at the terminal. */
const UNSHOWN: ReadonlySet<string> = new Set(["webhook", "queue_batch"]);

/**
 * What to show of a line; null for nothing. Troubles, and all that is no log line, are shown whole.
 *
 * @param showsReads whether requests that only read are shown
 */
export function shortLogLine(line: string, showsReads: boolean): string | null {
  const members = line.startsWith("{") ? parse(line) : null;
  if (members === null) return line;
  const { event, subject, outcome, duration_ms: took, request_id: requestId } = members;
  const end = `${String(took)} ms  request ${String(requestId)}`;
  switch (event) {
    case "request":
      return READ.test(String(subject)) && !FAILED.test(String(outcome)) && !showsReads
        ? null
        : `${String(outcome)} ${String(subject)}  ${end}`;
    case "send": {
      const { code } = members;
      const why = typeof code === "number" ? ` (Meta's code ${code})` : "";
      return `send ${String(subject)}: ${String(outcome)}${why}  ${end}`;
    }
    default:
      return UNSHOWN.has(String(event)) ? null : line;
  }
}

function parse(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) && typeof value["event"] === "string" ? value : null;
  } catch {
    return null;
  }
}

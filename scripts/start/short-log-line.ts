/** A line of the Worker's log, short enough to be read beside others. */
import { isJsonObject, type JsonObject, textMember } from "../../src/lib/json.ts";

/** A request that only read, and was answered. */
const READ = /^(?:GET|HEAD) /;

/** While a chat is played, a read that finds nothing yet is no trouble. */
const FAILED = /^5/;

/** Events that are no trouble and come from no request made at the terminal. */
const UNSHOWN: ReadonlySet<string> = new Set(["webhook", "queue_batch"]);

/**
 * What to show of a line; null for nothing. Troubles, and all that is no log line, are shown whole.
 *
 * @param showsReads whether requests that only read are shown
 */
export function shortLogLine(line: string, showsReads: boolean): string | null {
  const members = line.startsWith("{") ? parse(line) : null;
  if (members === null) return line;
  const text = (member: string): string => textMember(members, member) ?? "?";
  const end = `${JSON.stringify(members["duration_ms"] ?? null)} ms  request ${text("request_id")}`;
  switch (text("event")) {
    case "request":
      return READ.test(text("subject")) && !FAILED.test(text("outcome")) && !showsReads
        ? null
        : `${text("outcome")} ${text("subject")}  ${end}`;
    case "send": {
      const { code } = members;
      const why = typeof code === "number" ? ` (Meta's code ${code})` : "";
      return `send ${text("subject")}: ${text("outcome")}${why}  ${end}`;
    }
    default:
      return UNSHOWN.has(text("event")) ? null : line;
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

import type { GraphCall } from "./graph-call.ts";

/** One call to the Graph API, with what came of it. */
export interface LoggedCall extends GraphCall {
  /** The path's query without the access token. */
  readonly query: string;
  /** The parsed JSON body, undefined for anything else. */
  readonly body: unknown;
  /** HTTP status of the answer, null when the connection was broken instead. */
  readonly status: number | null;
  /** Meta's own code where it refused the call, null otherwise. */
  readonly errorCode: number | null;
  /** Unix milliseconds. */
  readonly at: number;
}

export type CallLog = LoggedCall[];

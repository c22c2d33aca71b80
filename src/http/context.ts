import type { Caller } from "../config/api-tokens.ts";
import type { Config } from "../config/config.ts";
import type { LogMembers } from "../lib/log.ts";
import type { Database } from "../store/d1.ts";

/** What every handler of the API finds in its Hono context. */
export type ApiEnvironment = {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Further members of the request's line in the log. */
    observed?: LogMembers;
    config: Config;
    /** D1, with a limit on how long a request waits for it. */
    database: Database;
    /** Null on routes that need no token. */
    caller: Caller | null;
    /** Who of the staff signed in; only on the routes of the inbox, which then need no token. */
    staff?: Caller;
    /** When their session ends, in milliseconds. */
    sessionUntil?: number;
  };
};

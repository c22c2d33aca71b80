import type { ApiToken, Config } from "../config/config.ts";
import type { LogMembers } from "../lib/log.ts";

/** What every handler of the API finds in its Hono context. */
export type ApiEnvironment = {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** What the request's line in the log tells besides. */
    observed?: LogMembers;
    config: Config;
    /** Null on routes that need no token. */
    caller: ApiToken | null;
  };
};

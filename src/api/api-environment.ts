import type { ApiToken, Config } from "../config.ts";

/** What every handler of the API finds in its Hono context. */
export type ApiEnvironment = {
  Bindings: Env;
  Variables: {
    requestId: string;
    config: Config;
    /** Null on routes that need no token. */
    caller: ApiToken | null;
  };
};

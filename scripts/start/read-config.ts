import type { ApiToken } from "../../src/config/api-tokens.ts";
import { type Config, parseConfig } from "../../src/config/config.ts";
import { readDevVars } from "../client/dev-vars.ts";
import { PlainError } from "../client/plain-error.ts";

/** The Worker's configuration as `.dev.vars` has it, and a token that may do what the chat needs. */
export function readConfig(): { config: Config; apiToken: ApiToken } {
  const result = parseConfig(readDevVars());
  if (!result.ok) {
    const problems = result.problems.map(({ setting, remedy }) => `  ${setting}: ${remedy}`);
    throw new PlainError(["In .dev.vars something is missing or wrong:", ...problems].join("\n"));
  }
  const { config } = result;
  const apiToken = config.apiTokens.find(({ scopes }) => scopes.has("read") && scopes.has("send"));
  if (apiToken === undefined) {
    throw new PlainError("In .dev.vars, API_TOKENS: let one token both read and send.");
  }
  return { config, apiToken };
}

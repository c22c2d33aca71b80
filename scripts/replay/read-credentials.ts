import { readDevVars } from "../client/dev-vars.ts";
import { PlainError } from "../client/plain-error.ts";

/** What signs a body as Meta does, and what the API lets in. */
export type Credentials = { appSecret: string; apiToken: string };

/** From the environment, else from `.dev.vars`. */
export function readCredentials(
  environment: Readonly<Record<string, string | undefined>>,
): Credentials {
  const devVars = readDevVars();
  const first = (setting: string): string => {
    const [value = ""] = (environment[setting] ?? devVars[setting] ?? "").split(",");
    if (value.trim() === "") {
      throw new PlainError(`Set ${setting}, in .dev.vars or in the environment.`);
    }
    return value.trim();
  };
  const [, apiToken] = first("API_TOKENS").split(":");
  if (apiToken === undefined) throw new PlainError("API_TOKENS: write it as name:token.");
  return { appSecret: first("WHATSAPP_APP_SECRET"), apiToken };
}

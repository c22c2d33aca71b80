/** Whether Meta takes the access token, until when, and for what. */
import type { TokenInfo } from "../graph/account-client.ts";
import { fail, ok, warn, type Verdict } from "./verdict.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Time enough to make a new one before messages wait for it. */
const EXPIRES_SOON_MS = 7 * DAY_MS;

const NEW_TOKEN =
  "Make a token that does not expire for a system user (Business settings → System users), with both WhatsApp permissions, and set it as WHATSAPP_ACCESS_TOKEN.";

export function judgeToken({ valid, expires_at, scopes }: TokenInfo, now: number): Verdict {
  if (!valid) return fail("Meta does not take WHATSAPP_ACCESS_TOKEN any more.", NEW_TOKEN);
  if (!scopes.includes("whatsapp_business_messaging")) {
    return fail(
      "The token lacks the permission whatsapp_business_messaging: it can't send.",
      NEW_TOKEN,
    );
  }
  const until = expires_at === null ? "" : new Date(expires_at).toISOString();
  if (expires_at !== null && expires_at - now <= EXPIRES_SOON_MS) {
    return warn(`The token expires on ${until}.`, NEW_TOKEN);
  }
  if (!scopes.includes("whatsapp_business_management")) {
    return warn(
      "The token lacks the permission whatsapp_business_management: templates and this check need it.",
      NEW_TOKEN,
    );
  }
  return ok(`The token is valid and ${until === "" ? "does not expire" : `lives until ${until}`}.`);
}

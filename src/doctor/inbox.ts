/** The doctor's check of the staff's inbox: whether anybody can sign in. */
import { parseInbox } from "../config/inbox.ts";
import { readApiTokens } from "../config/config.ts";
import { type Settings, textOf } from "../config/setting.ts";
import { readAccessKeys } from "../staff/access-keys.ts";
import { type CheckResult, fail, ok, unknown, warn } from "./result.ts";

/** Settings that mean something under Cloudflare Access alone. */
const OF_ACCESS = ["INBOX_ACCESS_TEAM", "INBOX_ACCESS_AUDIENCE", "INBOX_STAFF"] as const;

/** Asks Cloudflare Access for its keys, where it signs in. */
export async function runInboxCheck(settings: Settings): Promise<CheckResult> {
  const inbox = parseInbox(settings);
  if (!inbox.ok) return unknown("the inbox's settings can't be read");
  const { signIn } = inbox;
  switch (signIn.mode) {
    case "off":
      return ok("INBOX or INBOX_SIGN_IN is off: there is no inbox.");
    case "token":
      return checkTokens(settings);
    case "access": {
      const keys = await readAccessKeys(signIn.issuer);
      return keys === null || keys.length === 0
        ? fail(
            `${signIn.issuer} gives no keys: nobody can sign in to the inbox.`,
            "Write the team's name from Cloudflare's dashboard (Zero Trust → Settings) into INBOX_ACCESS_TEAM.",
          )
        : ok(
            `Cloudflare Access signs in to /inbox/; entries of INBOX_STAFF: ${signIn.staff.length}.`,
          );
    }
  }
}

function checkTokens(settings: Settings): CheckResult {
  const readers = readApiTokens(settings).filter(({ scopes }) => scopes.has("read"));
  if (readers.length === 0) {
    return fail(
      "No API token has the scope read: nobody can sign in to the inbox.",
      "Give each person an entry of API_TOKENS with read+send, or set INBOX_SIGN_IN to off.",
    );
  }
  const unused = OF_ACCESS.filter((name) => textOf(settings, name) !== "");
  if (unused.length > 0) {
    return warn(
      `INBOX_SIGN_IN is token, so API tokens sign in to /inbox/ and ${unused.join(", ")} does nothing.`,
      "Set INBOX_SIGN_IN to access, or empty the others.",
    );
  }
  return ok(`API tokens that can sign in to /inbox/: ${readers.length}.`);
}

/** Whether signed webhooks arrive. */
import type { Arrivals } from "../store/arrivals.ts";
import { ok, warn, type Verdict } from "./verdict.ts";

const ELSEWHERE =
  "Look at the checks app_secret, webhook and app_subscribed, and whether the app is published; `npx wrangler tail` shows whether Meta posts at all.";

export function judgeArrivals({ newest, oldest_silent }: Arrivals): Verdict {
  if (newest === null) {
    return warn(
      "No signed webhook has ever arrived.",
      `Write to the business number from a phone. If nothing comes: ${ELSEWHERE}`,
    );
  }
  const since = new Date(newest).toISOString();
  return oldest_silent !== null && oldest_silent > newest
    ? warn(
        `Nothing has arrived since ${since}, not even word of messages that Meta took after that.`,
        ELSEWHERE,
      )
    : ok(`The newest signed webhook came around ${since}.`);
}

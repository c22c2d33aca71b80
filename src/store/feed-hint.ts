/**
 * The hint to the inbox's feed that the log of changes has grown. It has no content: the feed that gets it reads the log,
 * so a hint that is lost delays and loses nothing.
 */
import { waitUntil } from "cloudflare:workers";
import { errorMembers, log } from "../lib/log.ts";
import { SECOND_MS } from "../lib/time.ts";

/** The one object that all open pages are connected to. */
export const FEED_NAME = "inbox";

/**
 * How long an isolate gives no hints after the feed said that nobody is connected: most texts come while
 * no page is open. A page that connects meanwhile gets what changes from the feed itself, which reads the log
 * for as long (`WATCH_MS`).
 */
export const QUIET_MS = 5 * SECOND_MS;

/** When the feed last said so, by `performance.now()`. */
let quietSince = -Infinity;

/** Returns at once and never throws. */
export function hintFeed({ INBOX_FEED }: Pick<Env, "INBOX_FEED">): void {
  if (performance.now() - quietSince < QUIET_MS) return;
  waitUntil(hint(INBOX_FEED));
}

async function hint(namespace: Env["INBOX_FEED"]): Promise<void> {
  try {
    const isFollowed = await namespace.getByName(FEED_NAME).hint();
    if (!isFollowed) quietSince = performance.now();
  } catch (error) {
    log("error", "feed_not_hinted", errorMembers(error));
  }
}

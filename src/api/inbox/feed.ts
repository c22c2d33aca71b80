/** The door of the feed: who may open a socket, and the object that holds all of them. */
import type { Scope } from "../../config/api-tokens.ts";
import { authorize } from "../../http/middleware.ts";
import { invalidRequest, refuse } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { requireStaff } from "../../http/staff.ts";
import { withDeadline } from "../../lib/deadline.ts";
import { errorMembers, log } from "../../lib/log.ts";
import { MINUTE_MS } from "../../lib/time.ts";
import type { FieldError, Problem } from "../../lib/problem.ts";
import { SECOND_MS } from "../../lib/time.ts";
import { FEED_NAME } from "../../store/feed-hint.ts";
import { buildOfPage } from "./page.ts";

export const FEED_PATH = "/inbox/feed";

/** The one that this version speaks; a page of another learns from the close code that it must reload. */
export const FEED_PROTOCOL = "paloma.inbox.v1";

/** Cloudflare Access can end a session before its time, but only at its door, which an open socket has passed. */
const ACCESS_SOCKET_LIFE_MS = 15 * MINUTE_MS;

const ANY_PROTOCOL = /^paloma\.inbox\.v\d{1,4}$/;

/** What the Worker tells the object of a socket: it has checked all of it. */
export type Connection = {
  name: string;
  scopes: readonly Scope[];
  /** When it must show again that its session goes on, in milliseconds. */
  until: number;
  /** How far the page is in the log; null if it begins now. */
  after: number | null;
  /** The build of the page that this Worker serves. */
  version: string | null;
  protocol: string;
};

const NO_SOCKET: Problem = {
  code: "upgrade_required",
  detail: "This is a WebSocket: connect to it as one.",
  headers: { upgrade: "websocket" },
};

const FOREIGN: Problem = { code: "forbidden", detail: "Only the inbox's own page may connect." };

const FULL: Problem = {
  code: "unavailable",
  detail: "Too many pages are connected: ask for changes by HTTP.",
  headers: { "retry-after": "60" },
};

const UNKNOWN_PROTOCOL: FieldError = {
  pointer: "/sec-websocket-protocol",
  detail: `must be ${FEED_PROTOCOL}`,
};

export const feedRoutes = createRoutes().get(
  FEED_PATH,
  requireStaff,
  authorize("read"),
  async (context) => {
    const { req } = context;
    const { caller, config, sessionUntil } = context.var;
    const after = parseAfter(req.query("after"));
    if (!after.ok) return invalidRequest(context, after.errors);
    if (req.header("upgrade")?.toLowerCase() !== "websocket") {
      return refuse(context, NO_SOCKET);
    }
    // Any site can open a socket here with the person's cookie; the browser says which one does.
    if (req.header("origin") !== new URL(req.url).origin) {
      return refuse(context, FOREIGN);
    }
    const protocol = chosenProtocol(req.header("sec-websocket-protocol") ?? "");
    if (protocol === null) return invalidRequest(context, [UNKNOWN_PROTOCOL]);
    const connection: Connection = {
      name: caller?.name ?? "",
      scopes: [...(caller?.scopes ?? [])],
      until:
        config.inboxSignIn.mode === "access"
          ? Math.min(sessionUntil ?? 0, Date.now() + ACCESS_SOCKET_LIFE_MS)
          : (sessionUntil ?? 0),
      after: after.value,
      version: await buildOfPage(context),
      protocol,
    };
    const headers = { upgrade: "websocket" };
    const answer = await feedOf(context.env).fetch(addressOf(connection), { headers });
    return answer.webSocket === null ? refuse(context, FULL) : answer;
  },
);

/** Ours before any other of the inbox; null if the page offers none. */
function chosenProtocol(offered: string): string | null {
  const protocols = offered.split(",").map((each) => each.trim());
  if (protocols.includes(FEED_PROTOCOL)) return FEED_PROTOCOL;
  return protocols.find((each) => ANY_PROTOCOL.test(each)) ?? null;
}

/** In the query, since a header takes no name with letters beyond Latin. */
function addressOf(connection: Connection): string {
  return `https://feed/?connection=${encodeURIComponent(JSON.stringify(connection))}`;
}

/** What `addressOf` wrote: nobody else can ask the object. */
export function connectionOf(address: string): Connection {
  return JSON.parse(new URL(address).searchParams.get("connection") ?? "null");
}

/** Sockets of a session that is over get nothing more anyway. */
const CLOSING_PATIENCE_MS = SECOND_MS;

/** Closes the sockets of somebody who signs out; they may sign out although that fails. */
export async function closeFeedOf(env: Env, name: string): Promise<void> {
  try {
    await withDeadline(feedOf(env).signedOut(name), CLOSING_PATIENCE_MS);
  } catch (error) {
    log("error", "feed_not_closed", errorMembers(error));
  }
}

function feedOf({ INBOX_FEED }: Env) {
  return INBOX_FEED.getByName(FEED_NAME);
}

type AfterResult = { ok: true; value: number | null } | { ok: false; errors: FieldError[] };

/** A place in the log, from the query; null where it is left out. */
export function parseAfter(given: string | undefined): AfterResult {
  if (given === undefined) return { ok: true, value: null };
  const value = Number(given);
  if (/^\d+$/.test(given) && Number.isSafeInteger(value)) return { ok: true, value };
  return {
    ok: false,
    errors: [{ pointer: "/after", detail: "must be the seq of an earlier answer" }],
  };
}

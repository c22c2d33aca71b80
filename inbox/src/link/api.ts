/** Asks the staff's API. Each answer says what it knows, so that a late one does not undo a newer one. */
import { signal } from "@preact/signals";
import type { Version } from "../state/apply.ts";
import { nextVersion } from "../state/live.ts";
import { answered, unanswered } from "./reach.ts";

/** A refusal as the API words it (RFC 9457). */
export type Problem = {
  status: number;
  code: string;
  detail: string;
  message_id?: string;
  meta_error?: { code: number | string | null; message: string; details?: string | null } | null;
  errors?: { pointer: string; detail: string }[];
};

export type Answer<Body> =
  | { kind: "ok"; body: Body; version: Version }
  | { kind: "refused"; problem: Problem; retryAfterMs: number | null; version: Version }
  /** Nothing came back: the request may have arrived or not. */
  | { kind: "unreachable"; version: Version }
  /** The session is over: nothing more goes through until somebody signs in. */
  | { kind: "signed_out"; version: Version };

export type Ask = {
  query?: Record<string, string>;
  body?: unknown;
  key?: string;
};

type Method = "GET" | "POST" | "PATCH" | "DELETE";

export const INBOX_PATH = "/inbox";

/** Longer than the server's own patience with what it depends on. */
const ANSWER_TIMEOUT_MS = 20_000;

export const SECOND_MS = 1_000;

const NO_CONTENT = 204;
const FORBIDDEN = 403;

/** From here on the server itself is in trouble, unless it says that Meta is. */
const FIRST_SERVER_ERROR = 500;

const TROUBLE_AT_META = new Set(["meta_unavailable", "meta_unauthorized"]);

/** How far the server's clock is ahead of this device's. */
export const clockAheadMs = signal(0);

/** Called when the server no longer knows the session. */
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** Called when the server refuses what this person could do before. */
let onForbidden: () => void = () => undefined;

export function whenForbidden(listener: () => void): void {
  onForbidden = listener;
}

const underWay = new Set<AbortController>();

/** Gives up what is asked: its answer could bring back a cookie that a sign-out has just taken. */
export function abandonAll(): void {
  for (const asking of underWay) asking.abort();
}

/** A call of the API below `/inbox/api`. */
export async function ask<Body>(
  method: Method,
  path: string,
  options: Ask = {},
): Promise<Answer<Body>> {
  const answer = await askAt<Body>(method, `${INBOX_PATH}/api/${path}`, options);
  if (answer.kind === "signed_out") onSignedOut();
  if (answer.kind === "refused" && answer.problem.status === FORBIDDEN) onForbidden();
  return answer;
}

/** The same for the routes of the session itself, which don't end it. */
export async function askAt<Body>(
  method: Method,
  path: string,
  { query = {}, body, key }: Ask = {},
): Promise<Answer<Body>> {
  const version = nextVersion();
  const search = new URLSearchParams(query).toString();
  const answer = await answerOf(`${path}${search === "" ? "" : `?${search}`}`, {
    method,
    // A redirect leads to somebody else's sign-in page.
    redirect: "manual",
    credentials: "same-origin",
    headers: {
      // No other site's form can set it.
      "x-paloma-inbox": "1",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer === null) return nothingFrom(version);
  const { response, parsed } = answer;
  readClock(response);
  if (response.type === "opaqueredirect" || response.status === 401) {
    answered(false);
    return { kind: "signed_out", version };
  }
  // Something that stands before the server answered in its place.
  if (response.ok && parsed === null && response.status !== NO_CONTENT) return nothingFrom(version);
  if (response.ok) {
    answered(false);
    // The page and the API are deployed together, and the API's tests hold its answers to their schema.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { kind: "ok", body: parsed as Body, version };
  }
  const problem = problemOf(parsed, response.status);
  answered(problem.status >= FIRST_SERVER_ERROR && !TROUBLE_AT_META.has(problem.code));
  const retryAfterSeconds = Number(response.headers.get("retry-after") ?? "");
  return {
    kind: "refused",
    problem,
    retryAfterMs: retryAfterSeconds > 0 ? retryAfterSeconds * SECOND_MS : null,
    version,
  };
}

/** With the body as JSON, or null where it is of another type; null where not all of it came. */
async function answerOf(
  path: string,
  init: RequestInit,
): Promise<{ response: Response; parsed: unknown } | null> {
  const asking = new AbortController();
  underWay.add(asking);
  const patience = setTimeout(() => asking.abort(), ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(path, { ...init, signal: asking.signal });
    const text = await response.text();
    const isJson = /\bjson\b/u.test(response.headers.get("content-type") ?? "");
    return { response, parsed: isJson ? JSON.parse(text) : null };
  } catch {
    return null;
  } finally {
    clearTimeout(patience);
    underWay.delete(asking);
  }
}

function nothingFrom(version: Version): { kind: "unreachable"; version: Version } {
  unanswered();
  return { kind: "unreachable", version };
}

/** What stands between the page and the Worker may refuse in a shape of its own. */
function problemOf(body: unknown, status: number): Problem {
  const isProblem = typeof body === "object" && body !== null && "code" in body;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API's own shape, as above
  return isProblem ? { ...(body as Problem), status } : { status, code: "unknown", detail: "" };
}

/** When the page began by this device's clock as it was when it was compared with the server's, and how exactly. */
let compared: { origin: number; toleranceMs: number } | null = null;

function readClock(response: Response): void {
  // The header has whole seconds.
  setClock(Date.parse(response.headers.get("date") ?? "") + SECOND_MS / 2, SECOND_MS);
}

/**
 * Compares the clocks; again where it is more exact, or somebody has set this device's: what it counts by
 * itself, it counts right. A difference within the tolerance says nothing.
 */
export function setClock(serverTime: number, toleranceMs: number): void {
  const origin = Date.now() - performance.now();
  const isKnown = compared !== null && Math.abs(origin - compared.origin) <= SECOND_MS;
  const isBetter = compared === null || toleranceMs < compared.toleranceMs;
  if (Number.isNaN(serverTime) || (isKnown && !isBetter)) return;
  compared = { origin, toleranceMs };
  const ahead = serverTime - Date.now();
  clockAheadMs.value = Math.abs(ahead) > toleranceMs ? ahead : 0;
}

/** Now, by the server's clock. */
export function serverNow(): number {
  return Date.now() + clockAheadMs.peek();
}

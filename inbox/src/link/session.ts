/** Who is signed in. The session itself is a cookie that no script can read. */
import { signal } from "@preact/signals";
import type { MeView } from "../../../src/api/inbox/schema.ts";
import { forget, keep, kept } from "../storage/device.ts";
import { forgetAll, goOnFrom } from "../state/live.ts";
import { timeZone } from "../time/format.ts";
import { clearDrafts, openDrafts } from "../storage/drafts.ts";
import { clearEntries, openOutboxStore } from "../storage/outbox-store.ts";
import { forgetRecentTemplates } from "../storage/recent-templates.ts";
import { abandonAll, askAt, INBOX_PATH, whenForbidden, whenSignedOut } from "./api.ts";
import { keepLanguage } from "../words/words.ts";
import { choice, choose, forgetList } from "./list.ts";
import { forgetOutbox, sendAs } from "./sending.ts";
import { forgetThreads } from "./thread.ts";

export type Me = MeView;

export type Session =
  | { kind: "unknown" }
  /** `wasIn`: it ended while the page was open, and what was written is kept. */
  | { kind: "out"; wasIn: Me | null }
  | { kind: "forbidden" }
  | { kind: "unreachable" }
  /** The device has forgotten; `isUnheard`: the server did not hear of it. */
  | { kind: "leaving"; isUnheard: boolean }
  | { kind: "in"; me: Me };

export type SignInResult = "ok" | "wrong_key" | "too_many" | "forbidden" | "unreachable";

const SESSION_PATH = `${INBOX_PATH}/session`;

/** Cloudflare's own, on every host behind Access. */
const ACCESS_SIGN_OUT = "/cdn-cgi/access/logout";

/** Who has signed in to this browser: without it there is no need to ask, and nothing to be refused. */
const MARK = "paloma:signed-in";

/** When somebody began to sign out, until the server has heard it. */
const LEAVING = "paloma:signing-out";

/** When somebody last did, for the other tabs, which then give up what they ask, too. */
const LEFT = "paloma:signed-out";

/** The server says so with the shell where Cloudflare Access has let somebody in. */
const ACCESS_TIMING = "access";

const TOO_MANY = 429;
const FORBIDDEN = 403;
const FIRST_SERVER_ERROR = 500;

export const session = signal<Session>({ kind: "unknown" });

/** Whose texts this page holds, signed in or not. */
let holder: Me | null = null;

/** What only the signed-in may do. */
export function may(scope: "send" | "admin"): boolean {
  return session.value.kind === "in" && session.value.me.scopes.includes(scope);
}

whenSignedOut(endSession);

// Scopes may change while the page is open.
whenForbidden(() => {
  if (session.peek().kind === "in") void findSession();
});

// The cookie is the browser's: what another tab does with it counts here too.
window.addEventListener("storage", ({ key, newValue }) => {
  const { kind } = session.peek();
  if (newValue === null) return;
  if (key === LEFT && kind !== "leaving") leave();
  if (key !== MARK || (kind === "in" && newValue === holder?.name)) return;
  session.value = { kind: "unknown" };
  void findSession();
});

/** The server no longer knows the session; what was written waits for the same person. */
function endSession(): void {
  const { kind } = session.peek();
  forget(MARK);
  if (kind !== "out" && kind !== "leaving") session.value = { kind: "out", wasIn: holder };
}

/** Finds out who this is, where the browser may hold a cookie. */
export async function beginSession(): Promise<void> {
  if (kept(LEAVING) !== null) session.value = { kind: "leaving", isUnheard: true };
  else if (kept(MARK) !== null || isBehindAccess()) await findSession();
  else session.value = { kind: "out", wasIn: null };
}

export function isBehindAccess(): boolean {
  return performance
    .getEntriesByType("navigation")
    .some(
      (entry) =>
        entry instanceof PerformanceNavigationTiming &&
        entry.serverTiming.some(({ name }) => name === ACCESS_TIMING),
    );
}

/** An answer from before a sign-in says nothing of it. */
let lastAsked = 0;

/** Asks the server who this is. */
export async function findSession(): Promise<void> {
  lastAsked += 1;
  const turn = lastAsked;
  const answer = await askAt<Me>("GET", `${INBOX_PATH}/api/me`);
  if (turn !== lastAsked || session.peek().kind === "leaving") return;
  switch (answer.kind) {
    case "ok":
      enter(answer.body);
      break;
    case "refused":
      if (answer.problem.status === FORBIDDEN) session.value = { kind: "forbidden" };
      else wait();
      break;
    case "unreachable":
      wait();
      break;
    case "signed_out":
      endSession();
      break;
  }
}

/** Who is in stays in until the server says something else. */
function wait(): void {
  if (session.peek().kind !== "in") session.value = { kind: "unreachable" };
}

/** Exchanges an access key for a session. */
export async function signIn(token: string): Promise<SignInResult> {
  const answer = await askAt("POST", SESSION_PATH, { body: { token } });
  switch (answer.kind) {
    case "ok":
      await findSession();
      return session.peek().kind === "in" ? "ok" : "unreachable";
    case "signed_out":
      return "wrong_key";
    case "unreachable":
      return "unreachable";
    case "refused": {
      const { status } = answer.problem;
      if (status === TOO_MANY) return "too_many";
      if (status === FORBIDDEN) return "forbidden";
      return status >= 500 ? "unreachable" : "wrong_key";
    }
  }
}

/** Leaves nothing of a session on this device, and ends it. */
export async function signOut(): Promise<void> {
  keep(LEAVING, String(Date.now()));
  keep(LEFT, String(Date.now()));
  abandonAll();
  forgetHere();
  session.value = { kind: "leaving", isUnheard: false };
  await clearEntries();
  await finishLeaving();
}

/** Until the server has heard of it, the cookie would let in who comes next. */
export async function finishLeaving(): Promise<void> {
  const answer = await askAt("DELETE", SESSION_PATH);
  if (session.peek().kind !== "leaving") return;
  if (answer.kind === "unreachable" || (answer.kind === "refused" && isPassing(answer.problem))) {
    session.value = { kind: "leaving", isUnheard: true };
    return;
  }
  forget(LEAVING);
  keepLanguage();
  session.value = { kind: "out", wasIn: null };
  if (isBehindAccess()) location.assign(ACCESS_SIGN_OUT);
}

function isPassing({ status }: { status: number }): boolean {
  return status === TOO_MANY || status >= FIRST_SERVER_ERROR;
}

function enter(me: Me): void {
  // Somebody else's conversations and texts are not for this person.
  if (holder?.name !== me.name) {
    forgetPerson();
    goOnFrom(me.seq);
  }
  holder = me;
  // Their cookie has taken the place of the one that somebody wanted to leave.
  forget(LEAVING);
  keep(MARK, me.name);
  if (choice.peek().me !== me.name) choose({ me: me.name });
  openDrafts(me.name);
  openOutboxStore(me.name);
  sendAs(me.name);
  timeZone.value = me.time_zone ?? undefined;
  session.value = { kind: "in", me };
}

/** Another tab has signed out. */
function leave(): void {
  abandonAll();
  forgetHere();
  session.value = { kind: "out", wasIn: null };
}

function forgetHere(): void {
  forget(MARK);
  clearDrafts();
  forgetRecentTemplates();
  forgetPerson();
}

function forgetPerson(): void {
  holder = null;
  forgetOutbox();
  forgetThreads();
  forgetList();
  forgetAll();
}

/** Who is signed in. The session itself is a cookie that no script can read. */
import { signal } from "@preact/signals";
import { forgetAll } from "../state/live.ts";
import { timeZone } from "../time/format.ts";
import { clearDrafts, openDrafts } from "../storage/drafts.ts";
import { clearEntries, openOutboxStore } from "../storage/outbox-store.ts";
import { ask, askAt, INBOX_PATH, whenSignedOut } from "./api.ts";
import { forgetOutbox, resumeOutbox, sendAll } from "./sending.ts";
import { forgetThreads } from "./thread.ts";

export type Me = {
  name: string;
  scopes: readonly ("read" | "send" | "admin")[];
  time_zone: string | null;
  sign_in: "token" | "access";
};

export type Session =
  | { kind: "unknown" }
  /** `wasIn`: it ended while the page was open, and what was written is kept. */
  | { kind: "out"; wasIn: Me | null }
  | { kind: "forbidden" }
  | { kind: "unreachable" }
  | { kind: "in"; me: Me };

export type SignInResult = "ok" | "wrong_key" | "too_many" | "forbidden" | "unreachable";

const SESSION_PATH = `${INBOX_PATH}/session`;

/** Cloudflare's own, on every host behind Access. */
const ACCESS_SIGN_OUT = "/cdn-cgi/access/logout";

/** Whether this browser has signed in: without it there is no need to ask, and nothing to be refused. */
const MARK = "paloma:signed-in";

/** The server says so with the shell where Cloudflare Access has let somebody in. */
const ACCESS_TIMING = "access";

const TOO_MANY = 429;
const FORBIDDEN = 403;

export const session = signal<Session>({ kind: "unknown" });

/** What only the signed-in may do. */
export function may(scope: "send" | "admin"): boolean {
  return session.value.kind === "in" && session.value.me.scopes.includes(scope);
}

whenSignedOut(() => {
  const { value } = session;
  localStorage.removeItem(MARK);
  if (value.kind !== "out")
    session.value = { kind: "out", wasIn: value.kind === "in" ? value.me : null };
});

/** Finds out who this is, where the browser may hold a cookie. */
export async function beginSession(): Promise<void> {
  if (localStorage.getItem(MARK) !== null || isBehindAccess()) await findSession();
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

/** Asks the server who this is. */
export async function findSession(): Promise<void> {
  const answer = await ask<Me>("GET", "me");
  switch (answer.kind) {
    case "ok":
      await enter(answer.body);
      break;
    case "refused":
      session.value = { kind: answer.problem.status === FORBIDDEN ? "forbidden" : "unreachable" };
      break;
    case "unreachable":
      session.value = { kind: "unreachable" };
      break;
    case "signed_out":
      break;
  }
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

/** Ends the session and leaves nothing of it on this device. */
export async function signOut(): Promise<void> {
  const { value: before } = session;
  await askAt("DELETE", SESSION_PATH);
  await clearEntries();
  leave();
  if (before.kind === "in" && before.me.sign_in === "access") location.assign(ACCESS_SIGN_OUT);
}

async function enter(me: Me): Promise<void> {
  const { value: before } = session;
  const isSamePerson = before.kind === "out" && before.wasIn?.name === me.name;
  // Somebody else's conversations and texts are not for this person.
  if (!isSamePerson) forgetPerson();
  localStorage.setItem(MARK, "");
  openDrafts(me.name);
  openOutboxStore(me.name);
  timeZone.value = me.time_zone ?? undefined;
  session.value = { kind: "in", me };
  if (isSamePerson) sendAll();
  else await resumeOutbox();
}

function leave(): void {
  localStorage.removeItem(MARK);
  clearDrafts();
  forgetPerson();
  session.value = { kind: "out", wasIn: null };
}

function forgetPerson(): void {
  forgetOutbox();
  forgetThreads();
  forgetAll();
}

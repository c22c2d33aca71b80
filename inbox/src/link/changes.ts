/** The server's changes, however they arrive: by the socket, or by asking for what the log has after a place. */
import type { Changes, Reset } from "../state/feed.ts";
import { peekConversation, seenUpTo, takeChanges } from "../state/live.ts";
import type { Conversation } from "../state/views.ts";
import { ask } from "./api.ts";
import { changesCame, feed, isSilent } from "./reach.ts";

type Listener = {
  /** After changes are in the store; `news` are the conversations with a new message of their customer's. */
  changed?: (frame: Changes, news: readonly string[]) => void;
  /** All that is on screen is to be loaded anew; until then it stays. */
  reset?: () => void;
};

const listeners: Listener[] = [];

export function whenChanged(listener: Listener): void {
  listeners.push(listener);
}

/** Puts changes into the store; false if some before them are missing. */
export function takeFrame(frame: Changes | Reset): boolean {
  if (frame.t === "reset") {
    takeChanges(frame);
    for (const { reset } of listeners) reset?.();
    return true;
  }
  const news = frame.conversations.filter(hasNews).map(({ id }) => id);
  const went = takeChanges(frame);
  for (const { changed } of listeners) changed?.(frame, news);
  return went !== "gap";
}

function hasNews({ id, unread_count: unread }: Conversation): boolean {
  return unread > (peekConversation(id)?.unread_count ?? 0);
}

export type Asked =
  | { kind: "done" }
  | { kind: "unknown" }
  | { kind: "unreachable" }
  | { kind: "signed_out" };

let asking: Promise<Asked> | null = null;

const NOT_FOUND = 404;

/** The server was one without an inbox, which notes no changes. */
let mayHaveHole = false;

/** Loads everything anew where the log may lack changes. */
export function closeHole(seq: number): void {
  if (!mayHaveHole) return;
  mayHaveHole = false;
  takeFrame({ t: "reset", seq });
}

/** Asks for what the log has after the last change that the page has seen. */
export function askForChanges(): Promise<Asked> {
  asking ??= askOnce().finally(() => {
    asking = null;
  });
  return asking;
}

async function askOnce(): Promise<Asked> {
  const query = { after: String(seenUpTo()) };
  const answer = await ask<Changes | Reset>("GET", "changes", { query });
  switch (answer.kind) {
    case "ok":
      changesCame(true);
      takeFrame(answer.body);
      closeHole(seenUpTo());
      return { kind: "done" };
    case "signed_out":
      return { kind: "signed_out" };
    case "refused":
      changesCame(false);
      if (answer.problem.status === NOT_FOUND) mayHaveHole = true;
      return { kind: "unknown" };
    case "unreachable":
      return { kind: "unreachable" };
  }
}

/** Before anything is sent the page has seen what colleagues did, if it can be known at all. */
export async function closeGap(): Promise<Asked> {
  return feed.peek() === "live" && !isSilent() ? { kind: "done" } : askForChanges();
}

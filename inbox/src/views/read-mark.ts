/** Marks a conversation as read once somebody really saw its newest message: in view, in focus, for a second. */
import type { ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { may } from "../link/session.ts";
import { markRead } from "../link/thread.ts";
import { conversationOf, loadedMessages } from "../state/live.ts";

/** Somebody who only passes by has not read it. */
const SEEN_MS = 1_000;

const LOOK_MS = 250;

/** After a mark that the server did not take. */
const AGAIN_AFTER_MS = 3_000;

export function useReadMark(id: string, isAtBottom: ReadonlySignal<boolean>): void {
  useEffect(() => {
    if (!may("send")) return;
    let newest: string | null = null;
    let since = 0;
    let marked: string | null = null;
    const mark = async (upTo: string) => {
      marked = upTo;
      const isTaken = await markRead(id, upTo);
      if (!isTaken && marked === upTo) {
        marked = null;
        since = Date.now() + AGAIN_AFTER_MS - SEEN_MS;
      }
    };
    const look = () => {
      const isSeen =
        document.visibilityState === "visible" && document.hasFocus() && isAtBottom.peek();
      const current = isSeen ? newestInbound(id) : null;
      if (current !== newest) {
        newest = current;
        since = Date.now();
      }
      if (newest === null || newest === marked || Date.now() - since < SEEN_MS) return;
      if ((conversationOf(id)?.unread_count ?? 0) === 0) return;
      void mark(newest);
    };
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [id]);
}

function newestInbound(id: string): string | null {
  let newest: string | null = null;
  for (const message of loadedMessages(id)) {
    if (message.direction === "inbound" && (newest === null || message.id > newest))
      newest = message.id;
  }
  return newest;
}

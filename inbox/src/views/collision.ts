/** Warns that a colleague has answered since somebody began to write: the customer should not be answered twice. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { session } from "../link/session.ts";
import { loadedOf, shownFrom } from "../link/thread.ts";
import { isColleagues } from "../state/answers.ts";
import { bubbleIdsOf, peekMessage } from "../state/live.ts";
import type { Message } from "../state/views.ts";

export function useCollision(id: string, text: string) {
  const began = useRef<string | null>(null);
  const confirmed = useSignal<string | null>(null);
  const isLoaded = loadedOf(id).value !== "no";
  const answer = newestByColleagues(id);
  if (text === "" || !isLoaded) began.current = null;
  else began.current ??= answer?.id ?? "";
  const { current: since } = began;
  const isNew = answer !== null && since !== null && answer.id > since;
  return {
    /** The colleague's answer, until the text has left. */
    answer: isNew ? answer : null,
    /** True if the text may leave; asking once is enough to have been warned. */
    confirm(): boolean {
      if (!isNew || confirmed.peek() === answer.id) return true;
      confirmed.value = answer.id;
      return false;
    },
  };
}

function newestByColleagues(id: string): Message | null {
  const own = session.value.kind === "in" ? session.value.me.name : "";
  for (const each of bubbleIdsOf(id, shownFrom(id)).toReversed()) {
    const message = peekMessage(id, each);
    if (message !== null && isColleagues(message, own)) return message;
  }
  return null;
}

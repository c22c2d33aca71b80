/** Says new messages of the open conversation to those who listen to the page: all of them, even the same twice. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { bubbleIdsOf, conversationOf, peekMessage } from "../state/live.ts";
import { loadedOf } from "../link/thread.ts";
import { preview } from "../text/describe.ts";
import { words } from "../words/words.ts";
import { authorOf } from "./Bubble.tsx";
import { openConversation } from "./route.ts";

/** More would be said for minutes. */
const MOST_SAID = 5;

/** A space that nobody hears. */
const UNHEARD = "\u00A0";

export function LiveRegion() {
  const open = openConversation.value;
  const said = useSignal("");
  const known = useRef({ open: "", newest: "" });
  const ids = open === null ? [] : bubbleIdsOf(open);
  const isLoaded = open !== null && loadedOf(open).value !== "no";
  const newest = ids.at(-1) ?? "";

  useEffect(() => {
    if (open === null || !isLoaded) return;
    const { open: before, newest: last } = known.current;
    known.current = { open, newest };
    if (before !== open) return;
    const news = ids
      .filter((id) => id > last)
      .flatMap((id) => peekMessage(open, id) ?? [])
      .filter(({ direction }) => direction === "inbound");
    if (news.length === 0) return;
    const text =
      news.length > MOST_SAID
        ? words.value.newMessages(news.length)
        : news
            .map((message) =>
              words.value.said(
                authorOf(message, conversationOf(open)),
                preview(message, words.value),
              ),
            )
            .join("\n");
    // A region that does not change says nothing.
    said.value = text === said.peek() ? `${text}${UNHEARD}` : text;
  }, [open, isLoaded, newest, said]);

  return (
    <p class="hidden" aria-live="polite">
      {said.value}
    </p>
  );
}

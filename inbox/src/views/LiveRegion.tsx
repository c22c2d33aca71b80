/** Says new messages of the open conversation to those who listen to the page. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { bubbleIdsOf, conversationOf, peekMessage } from "../state/live.ts";
import { loadedOf } from "../link/thread.ts";
import { preview } from "../text/describe.ts";
import { words } from "../words/words.ts";
import { authorOf } from "./Bubble.tsx";
import { openConversation } from "./route.ts";

export function LiveRegion() {
  const open = openConversation.value;
  const said = useSignal("");
  const known = useRef({ open: "", newest: "" });
  const ids = open === null ? [] : bubbleIdsOf(open);
  const isLoaded = open !== null && loadedOf(open).value !== "no";
  const newest = ids.at(-1) ?? "";

  useEffect(() => {
    if (open === null || !isLoaded) return;
    const isNews = known.current.open === open && newest > known.current.newest;
    known.current = { open, newest };
    const message = isNews ? peekMessage(open, newest) : null;
    if (message?.direction !== "inbound") return;
    said.value = words.value.said(
      authorOf(message, conversationOf(open)),
      preview(message, words.value),
    );
  }, [open, isLoaded, newest, said]);

  return (
    <p class="hidden" aria-live="polite">
      {said.value}
    </p>
  );
}

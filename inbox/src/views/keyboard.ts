/** Keys of the inbox. Those without Ctrl act outside of text fields alone; none changes anything. */
import type { ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { conversationPath, goTo, LIST_PATH, openConversation } from "./route.ts";

/** The search field's id. */
export const SEARCH_ID = "inbox-search";

/** `/` searches, arrows move over the list, Escape leaves the conversation, Ctrl and an arrow opens the one above or below. */
export function useKeys(ids: ReadonlySignal<readonly string[]>): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const { key, target } = event;
      if ((event.ctrlKey || event.metaKey) && (key === "ArrowUp" || key === "ArrowDown")) {
        event.preventDefault();
        openNeighbour(ids.peek(), key === "ArrowUp" ? -1 : 1);
      } else if (key === "/" && !isTextField(target)) {
        event.preventDefault();
        document.querySelector<HTMLElement>(`#${SEARCH_ID}`)?.focus();
      } else if (key === "Escape" && document.querySelector("dialog[open]") === null) {
        leaveThread();
      } else moveOverRows(event);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [ids]);
}

/** Arrows, Home and End move over the rows of the list; the list scrolls along. */
function moveOverRows(event: KeyboardEvent): void {
  const { activeElement: focused } = document;
  const list = focused?.closest("nav ul");
  if (list === null || list === undefined) return;
  const rows = [...list.querySelectorAll<HTMLElement>("li a")].toSorted(
    (one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top,
  );
  const at = rows.findIndex((row) => row === focused);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  const row = to === undefined || at === -1 ? undefined : rows[to];
  if (row === undefined) return;
  event.preventDefault();
  row.focus();
}

function openNeighbour(ids: readonly string[], step: number): void {
  const { value: open } = openConversation;
  const id = open === null ? ids[0] : ids[ids.indexOf(open) + step];
  if (id !== undefined) goTo(conversationPath(id));
}

/** To the row that it was opened from. */
function leaveThread(): void {
  const row = document.querySelector<HTMLElement>('nav [aria-current="page"]');
  goTo(LIST_PATH);
  requestAnimationFrame(() => row?.focus());
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

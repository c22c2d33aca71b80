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
        goTo(LIST_PATH);
      } else if (!moveOverTools(event)) moveOverRows(event);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [ids]);
}

/** Arrows, Home and End move over the rows of the list; the list scrolls along. */
function moveOverRows(event: KeyboardEvent): void {
  const list = document.activeElement?.closest("nav ul");
  const rows = [...(list?.querySelectorAll<HTMLElement>("li a") ?? [])].toSorted(
    (one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top,
  );
  move(event, rows, ["ArrowUp", "ArrowDown"]);
}

/** The same over what there is to do with a message, from side to side; true if there is. */
function moveOverTools(event: KeyboardEvent): boolean {
  const tools = document.activeElement?.closest('[role="toolbar"]');
  move(event, [...(tools?.querySelectorAll("button") ?? [])], ["ArrowLeft", "ArrowRight"]);
  return tools instanceof Element;
}

function move(
  event: KeyboardEvent,
  items: readonly HTMLElement[],
  [back, on]: readonly [string, string],
): void {
  const at = items.findIndex((item) => item === document.activeElement);
  const to = { [back]: at - 1, [on]: at + 1, Home: 0, End: items.length - 1 }[event.key];
  const item = to === undefined || at === -1 ? undefined : items[to];
  if (item === undefined) return;
  event.preventDefault();
  item.focus();
}

function openNeighbour(ids: readonly string[], step: number): void {
  const { value: open } = openConversation;
  const id = open === null ? ids[0] : ids[ids.indexOf(open) + step];
  if (id !== undefined) goTo(conversationPath(id));
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

/** Which conversation is open, by the address: the phone's back button works, and a link leads there. */
import { computed, signal } from "@preact/signals";
import type { TargetedMouseEvent } from "preact";

const CONVERSATION = /^\/inbox\/c\/([^/]+)\/?$/;

const path = signal(location.pathname);

/** The id of the open conversation; null where only the list is. */
export const openConversation = computed(() => {
  const id = CONVERSATION.exec(path.value)?.[1];
  return id === undefined ? null : decoded(id);
});

export const isStatusPage = computed(() => path.value.replace(/\/$/, "") === STATUS_PATH);

export const LIST_PATH = "/inbox/";

export const STATUS_PATH = "/inbox/status";

/** A part of an address; null where it is none. */
export function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function conversationPath(id: string): string {
  return `/inbox/c/${encodeURIComponent(id)}`;
}

export function goTo(target: string): void {
  if (target === location.pathname) return;
  history.pushState(null, "", target);
  path.value = location.pathname;
}

export function replaceBy(target: string): void {
  history.replaceState(null, "", target);
  path.value = location.pathname;
}

/** For links of the page: opens them here, unless another tab is meant. */
export function follow(event: TargetedMouseEvent<HTMLAnchorElement>): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  goTo(new URL(event.currentTarget.href).pathname);
}

window.addEventListener("popstate", () => {
  path.value = location.pathname;
});

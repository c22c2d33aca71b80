/** Who of the staff looks at which conversation, and who writes there; forgotten with the connection. */
import { computed, effect, signal } from "@preact/signals";
import type { Person } from "../state/feed.ts";

type Where = { at: string | null; typing: boolean };

/** All who are there, by the server's word. */
export const people = signal<readonly Person[]>([]);

/** The server takes one a second. */
const PAUSE_MS = 1_200;

/** Who stops for longer has stopped writing. */
const TYPING_MS = 5_000;

const where = signal<Where>({ at: null, typing: false });

const isVisible = signal(document.visibilityState === "visible");

const NOWHERE: Where = { at: null, typing: false };

/** Nobody looks at a page in the background. */
const seen = computed(() => (isVisible.value ? where.value : NOWHERE));

document.addEventListener("visibilitychange", () => {
  isVisible.value = document.visibilityState === "visible";
});

let speak: ((where: Where) => void) | null = null;
let pause: ReturnType<typeof setTimeout> | undefined;
let typing: ReturnType<typeof setTimeout> | undefined;

/** The connection to speak to; null while there is none. */
export function speakTo(connection: ((where: Where) => void) | null): void {
  speak = connection;
  clearTimeout(pause);
  pause = undefined;
  if (speak === null) people.value = [];
  else sayWhere();
}

export function peopleAre(list: readonly Person[]): void {
  people.value = list;
}

/** Which conversation is on screen; null for none. */
export function lookAt(conversationId: string | null): void {
  clearTimeout(typing);
  move({ at: conversationId, typing: false });
}

/** Somebody changed what stands in the box. */
export function noteTyping(text: string): void {
  clearTimeout(typing);
  typing = setTimeout(stopTyping, TYPING_MS);
  if (text === "") stopTyping();
  else move({ ...where.peek(), typing: true });
}

function stopTyping(): void {
  move({ ...where.peek(), typing: false });
}

function move(to: Where): void {
  const { at, typing: isTyping } = where.peek();
  if (to.at !== at || to.typing !== isTyping) where.value = to;
}

function sayWhere(): void {
  if (pause !== undefined) return;
  const said = seen.peek();
  speak?.(said);
  pause = setTimeout(() => {
    pause = undefined;
    if (speak !== null && seen.peek() !== said) sayWhere();
  }, PAUSE_MS);
}

effect(() => {
  void seen.value;
  if (speak !== null) sayWhere();
});

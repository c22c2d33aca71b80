/** The messages that somebody chose to do something with. */
import { signal } from "@preact/signals";
import type { Message } from "../state/views.ts";

/** For which the menu is open, and where on the screen. */
export const menu = signal<{ message: Message; at: DOMRect } | null>(null);

/** Whose details are shown. */
export const detailed = signal<Message | null>(null);

/** Whose text was copied last. */
export const copied = signal<string | null>(null);

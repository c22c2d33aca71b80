/** The language of the page: the browser's first one if it is Spanish, else English, until somebody switches. */
import { computed, effect, signal } from "@preact/signals";
import { en } from "./en.ts";
import { es, type Words } from "./es.ts";
import { keep, kept } from "../storage/device.ts";

export type Language = "es" | "en";

/** Kept at sign-out too: it says nothing of anybody. */
const KEY = "paloma:language";

export const language = signal<Language>(chosen() ?? preferred());

/** The words of that language. */
export const words = computed<Words>(() => (language.value === "es" ? es : en));

export function switchLanguage(): void {
  language.value = language.peek() === "es" ? "en" : "es";
  keepLanguage();
}

/** Keeps it again, after a sign-out has the browser forget all that the page stored. */
export function keepLanguage(): void {
  if (language.peek() !== preferred() || kept(KEY) !== null) keep(KEY, language.peek());
}

effect(() => {
  document.documentElement.lang = language.value;
});

function chosen(): Language | null {
  const before = kept(KEY);
  return before === "es" || before === "en" ? before : null;
}

function preferred(): Language {
  const [first = "es"] = navigator.languages;
  return first.toLowerCase().startsWith("es") ? "es" : "en";
}

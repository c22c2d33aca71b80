/** The language of the page: the browser's first one if it is Spanish, else English, until somebody switches. */
import { computed, effect, signal } from "@preact/signals";
import { en } from "./en.ts";
import { es, type Words } from "./es.ts";

export type Language = "es" | "en";

/** Kept at sign-out too: it says nothing of anybody. */
const KEY = "paloma:language";

export const language = signal<Language>(chosen() ?? preferred());

/** The words of that language. */
export const words = computed<Words>(() => (language.value === "es" ? es : en));

export function switchLanguage(): void {
  language.value = language.peek() === "es" ? "en" : "es";
  localStorage.setItem(KEY, language.peek());
}

effect(() => {
  document.documentElement.lang = language.value;
});

function chosen(): Language | null {
  const kept = localStorage.getItem(KEY);
  return kept === "es" || kept === "en" ? kept : null;
}

function preferred(): Language {
  const [first = "es"] = navigator.languages;
  return first.toLowerCase().startsWith("es") ? "es" : "en";
}

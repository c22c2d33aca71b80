/** What those who listen to the page hear: what failed at once, anything else when nothing else is said. */
import { signal } from "@preact/signals";

/** A space that nobody hears. */
const UNHEARD = "\u00A0";

export const alarmText = signal("");
export const saidText = signal("");

export function alarm(text: string): void {
  alarmText.value = anew(text, alarmText.peek());
}

export function say(text: string): void {
  saidText.value = anew(text, saidText.peek());
}

/** A region that does not change says nothing: the same words twice must differ. */
function anew(next: string, before: string): string {
  return next === before ? `${next}${UNHEARD}` : next;
}

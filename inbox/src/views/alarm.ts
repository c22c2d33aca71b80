/** What failed, for those who listen to the page: said at once. */
import { signal } from "@preact/signals";

/** A space that nobody hears. */
const UNHEARD = "\u00A0";

export const alarmText = signal("");

export function alarm(text: string): void {
  alarmText.value = anew(text, alarmText.peek());
}

/** A region that does not change says nothing: the same words twice must differ. */
export function anew(next: string, before: string): string {
  return next === before ? `${next}${UNHEARD}` : next;
}

/** Says of what somebody tried, where it was tried and aloud, that the server did not do it. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Undone } from "../link/thread.ts";
import { words } from "../words/words.ts";
import { alarm } from "./alarm.ts";
import styles from "./undone.module.css";

/** Resolves to whether it was done. */
export type Attempt = (action: () => Promise<Undone>) => Promise<boolean>;

export function useUndone(): { attempt: Attempt; note: ComponentChildren } {
  const undone = useSignal<Undone>(null);
  const { value } = undone;
  return {
    async attempt(action) {
      undone.value = null;
      const outcome = await action();
      undone.value = outcome;
      if (outcome !== null) alarm(words.peek().undone[outcome]);
      return outcome === null;
    },
    note: value !== null && <p class={styles.undone}>{words.value.undone[value]}</p>,
  };
}

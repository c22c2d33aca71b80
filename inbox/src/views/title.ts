/** The tab's title, with the number of conversations that have unread messages. */
import type { ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** The API counts no further. */
const MOST = 99;

export function useTitle(unread: ReadonlySignal<number>, name: string): void {
  const { value: count } = unread;
  useEffect(() => {
    document.title = count === 0 ? name : `(${count > MOST ? `${MOST}+` : count}) ${name}`;
    return () => {
      document.title = name;
    };
  }, [count, name]);
}

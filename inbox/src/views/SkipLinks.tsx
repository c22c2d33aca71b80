/** For those who come by keyboard: past what stands before the place that they want. */
import { words } from "../words/words.ts";
import styles from "./Inbox.module.css";
import { openConversation } from "./route.ts";
import { BOX } from "./Thread.tsx";

export function SkipLinks() {
  const { list, thread, box } = words.value.skipTo;
  const links = [
    ["nav li a", list],
    ["[role=log]", thread],
    [BOX, box],
  ] as const;
  return (
    <p class={styles.skip}>
      {links.slice(0, openConversation.value === null ? 1 : links.length).map(([to, text]) => (
        <a
          key={to}
          href="#"
          onClick={(event) => {
            // An entry in the history would have to be gone back over.
            event.preventDefault();
            document.querySelector<HTMLElement>(to)?.focus();
          }}
        >
          {text}
        </a>
      ))}
    </p>
  );
}

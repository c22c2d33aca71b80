/** For those who come by keyboard: past what stands before the place that they want. */
import { words } from "../words/words.ts";
import styles from "./Inbox.module.css";
import { openConversation } from "./route.ts";
import { BOX, BOX_ID } from "./Thread.tsx";

export function SkipLinks() {
  const { list, thread, box } = words.value.skipTo;
  const links = [
    ["inbox-list", "nav li a", list],
    ["inbox-thread", "[role=log]", thread],
    [BOX_ID, BOX, box],
  ] as const;
  return (
    <p class={styles.skip}>
      {links.slice(0, openConversation.value === null ? 1 : links.length).map(([id, to, text]) => (
        <a
          key={id}
          href={`#${id}`}
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

/** For those who come by keyboard: past what stands before the place that they want. */
import { words } from "../words/words.ts";
import styles from "./Inbox.module.css";
import { openConversation } from "./route.ts";
import { BOX, BOX_ID } from "./Thread.tsx";

export function SkipLinks() {
  const { list, thread, box } = words.value.skipTo;
  const isOpen = openConversation.value !== null;
  return (
    <p class={styles.skip}>
      <Skip id="inbox-list" to="#inbox-list li a" text={list} />
      {isOpen && <Skip id="inbox-thread" to="#inbox-thread [role=log]" text={thread} />}
      {isOpen && <Skip id={BOX_ID} to={BOX} text={box} />}
    </p>
  );
}

/** The address stays: an entry in the history would have to be gone back over. */
function Skip({ id, to, text }: { id: string; to: string; text: string }) {
  return (
    <a
      href={`#${id}`}
      onClick={(event) => {
        event.preventDefault();
        document.querySelector<HTMLElement>(to)?.focus();
      }}
    >
      {text}
    </a>
  );
}

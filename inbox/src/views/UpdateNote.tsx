/** Says that the server has a newer page. Drafts and what waits to be sent outlive the reload. */
import { isOutdated } from "../link/feed.ts";
import { words } from "../words/words.ts";
import styles from "./Inbox.module.css";

export function UpdateNote() {
  if (!isOutdated.value) return null;
  return (
    <output class={styles.update}>
      {words.value.newVersion}{" "}
      <button type="button" onClick={() => location.reload()}>
        {words.value.reload}
      </button>
    </output>
  );
}

/** What staff have sent and the server does not have yet. */
import { clockAheadMs } from "../link/api.ts";
import type { Entry } from "../state/outbox.ts";
import { clockTime } from "../time/format.ts";
import { words } from "../words/words.ts";
import styles from "./Bubble.module.css";
import { OutboxNote } from "./OutboxNote.tsx";
import { Text } from "./Text.tsx";
import { Ticks } from "./Ticks.tsx";

export function OutboxBubble({ entry }: { entry: Entry }) {
  const { text, written_at: at, state } = entry;
  const written = new Date(at + clockAheadMs.value).toISOString();
  return (
    <article
      class={styles.bubble}
      data-ours="true"
      data-first="true"
      aria-label={`${words.value.said(words.value.you, text)}, ${clockTime(written)}`}
    >
      <Text text={text} />
      <p class={styles.foot}>
        <time dateTime={written}>{clockTime(written)}</time>
        {state.kind !== "refused" && <Ticks status="waiting" />}
      </p>
      <OutboxNote entry={entry} />
    </article>
  );
}

/** What people put on a message; ours at once, and why if it did not arrive. */
import { ourReactionTo } from "../link/sending.ts";
import type { Message } from "../state/views.ts";
import { safeText } from "../text/markup.ts";
import { words } from "../words/words.ts";
import styles from "./Bubble.module.css";
import { FailureNote } from "./FailureNote.tsx";
import { OutboxNote } from "./OutboxNote.tsx";

export function Reactions({ message, ...rest }: { message: Message; onPickTemplate: () => void }) {
  const { entries, ...own } = ourReactionTo(message);
  const theirs = message.reactions.filter(({ from }) => from === "customer");
  const shown = [...theirs.map(({ emoji }) => emoji), ...(own.emoji === "" ? [] : [own.emoji])];
  return (
    <>
      {shown.length > 0 && (
        <ul class={styles.reactions} aria-label={words.value.reactions}>
          {shown.map((emoji, place) => (
            <li key={place} data-waiting={own.isOnItsWay && place === theirs.length}>
              <bdi>{safeText(emoji)}</bdi>
            </li>
          ))}
        </ul>
      )}
      {own.newest !== null && <FailureNote message={own.newest} {...rest} />}
      {entries.map((entry) => (
        <OutboxNote key={entry.key} entry={entry} />
      ))}
    </>
  );
}

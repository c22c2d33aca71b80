/** What staff have sent and the server does not have yet. */
import { clockAheadMs, serverNow } from "../link/api.ts";
import { confirmEntry, discardEntry } from "../link/sending.ts";
import { type Entry, isForgotten, isHeld, isText } from "../state/outbox.ts";
import { giveBack } from "../storage/drafts.ts";
import { clockTime, rowTime } from "../time/format.ts";
import { minute } from "../time/minute.ts";
import { explainReason } from "../words/failure.ts";
import { words } from "../words/words.ts";
import { authorOfOurs } from "./Bubble.tsx";
import styles from "./Bubble.module.css";
import noteStyles from "./FailureNote.module.css";
import { Text } from "./Text.tsx";
import { Ticks } from "./Ticks.tsx";

export function OutboxBubble({ entry }: { entry: Entry }) {
  void minute.value;
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
      {isHeld(entry, Date.now()) && (
        <Held entry={entry} question={words.value.heldBack(rowTime(written, serverNow()))} />
      )}
      {state.kind === "overtaken" && (
        <Held entry={entry} question={words.value.overtaken(authorOfOurs(state.by))} />
      )}
      {state.kind === "refused" && <Refused entry={entry} />}
    </article>
  );
}

function Held({ entry, question }: { entry: Entry; question: string }) {
  return (
    <div class={noteStyles.note}>
      <p>{question}</p>
      {!isForgotten(entry, Date.now()) && (
        <button type="button" onClick={() => void confirmEntry(entry)}>
          {words.value.sendNow}
        </button>
      )}
      {isText(entry) && <Edit entry={entry} />}
      <button type="button" onClick={() => void discardEntry(entry)}>
        {words.value.discard}
      </button>
    </div>
  );
}

function Refused({ entry }: { entry: Entry }) {
  if (entry.state.kind !== "refused") return null;
  const { problem } = entry.state;
  const failure = explainReason({ ...problem, meta: problem.meta_error }, true);
  const details = problem.errors?.map(({ detail }) => detail).join("; ") ?? failure.meta;
  return (
    <div class={noteStyles.note} data-failed="true">
      <p>
        {words.value.notSent}. {words.value.failures[failure.kind]}
      </p>
      {details !== null && (
        <details>
          <summary>{words.value.metaSays}</summary>
          <p>{details}</p>
        </details>
      )}
      {isText(entry) && <Edit entry={entry} />}
      <button type="button" onClick={() => void discardEntry(entry)}>
        {words.value.discard}
      </button>
    </div>
  );
}

/** The text is a draft again, and leaves only as something new. */
function Edit({ entry }: { entry: Entry }) {
  const edit = () => {
    giveBack(entry.conversation_id, entry.text);
    void discardEntry(entry);
  };
  return (
    <button type="button" onClick={edit}>
      {words.value.editAgain}
    </button>
  );
}

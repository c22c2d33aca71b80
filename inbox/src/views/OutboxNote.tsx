/** What becomes of an entry of the outbox only with its author's word. */
import { clockAheadMs, type Problem, serverNow } from "../link/api.ts";
import { confirmEntry, discardEntry } from "../link/sending.ts";
import { type Entry, hasBubble, isForgotten, isHeld, isText } from "../state/outbox.ts";
import { giveBack } from "../storage/drafts.ts";
import { saidOfReaction } from "../text/describe.ts";
import { rowTime } from "../time/format.ts";
import { minute } from "../time/minute.ts";
import { explainReason } from "../words/failure.ts";
import { words } from "../words/words.ts";
import { authorOfOurs } from "./author.ts";
import styles from "./FailureNote.module.css";

export function OutboxNote({ entry }: { entry: Entry }) {
  void minute.value;
  const { written_at: at, state } = entry;
  const written = new Date(at + clockAheadMs.value).toISOString();
  switch (state.kind) {
    case "waiting":
      return isHeld(entry, Date.now()) ? (
        <Held entry={entry} question={words.value.heldBack(rowTime(written, serverNow()))} />
      ) : null;
    case "overtaken":
      return <Held entry={entry} question={words.value.overtaken(authorOfOurs(state.by))} />;
    case "refused":
      return <Refused entry={entry} problem={state.problem} />;
  }
}

function Held({ entry, question }: { entry: Entry; question: string }) {
  return (
    <div class={styles.note}>
      <p>{spokenOf(entry, question)}</p>
      {!isForgotten(entry, Date.now()) && (
        <button type="button" onClick={() => void confirmEntry(entry)}>
          {words.value.sendNow}
        </button>
      )}
      <Ends entry={entry} />
    </div>
  );
}

function Refused({ entry, problem }: { entry: Entry; problem: Problem }) {
  const failure = explainReason({ ...problem, meta: problem.meta_error }, true);
  const details = problem.errors?.map(({ detail }) => detail).join("; ") ?? failure.meta;
  return (
    <div class={styles.note} data-failed="true">
      <p>{spokenOf(entry, `${words.value.notSent}. ${words.value.failures[failure.kind]}`)}</p>
      {details !== null && (
        <details>
          <summary>{words.value.metaSays}</summary>
          <p>{details}</p>
        </details>
      )}
      <Ends entry={entry} />
    </div>
  );
}

function spokenOf(entry: Entry, text: string): string {
  return hasBubble(entry) ? text : saidOfReaction(entry.text, text, words.value);
}

/** The text is a draft again, and leaves only as something new; or it goes. */
function Ends({ entry }: { entry: Entry }) {
  const edit = () => {
    giveBack(entry.conversation_id, entry.text);
    void discardEntry(entry);
  };
  return (
    <>
      {isText(entry) && (
        <button type="button" onClick={edit}>
          {words.value.editAgain}
        </button>
      )}
      <button type="button" onClick={() => void discardEntry(entry)}>
        {words.value.discard}
      </button>
    </>
  );
}

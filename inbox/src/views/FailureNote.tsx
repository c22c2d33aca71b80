/** Why a message did not arrive or waits, and what to do: in the bubble, since nobody hovers on a phone. */
import { outbox, send } from "../link/sending.ts";
import { may } from "../link/session.ts";
import { isSentAgain } from "../state/live.ts";
import type { Message } from "../state/views.ts";
import { saidOfReaction } from "../text/describe.ts";
import { type FailureAction, failureOf } from "../words/failure.ts";
import { words } from "../words/words.ts";
import styles from "./FailureNote.module.css";
import { follow, STATUS_PATH } from "./route.ts";

/** What is wrong with the account may have been mended since. */
const RESENDS: ReadonlySet<FailureAction> = new Set(["resend", "resend_asking", "diagnose"]);

type NoteProps = { message: Message; onPickTemplate: () => void };

export function FailureNote({ message, onPickTemplate }: NoteProps) {
  const failure = failureOf(message);
  if (failure === null) return null;
  const isResent = () =>
    isSentAgain(message) ||
    outbox.value.some(
      ({ request }) => request.kind === "resend" && request.message_id === message.id,
    );
  const resend = () => {
    // Taps in a row come before the button is drawn anew.
    if (isResent()) return;
    if (failure.action === "resend_asking" && !confirm(words.value.resendSure)) return;
    const { conversation_id, body: text } = message;
    const request = { kind: "resend", message_id: message.id } as const;
    void send({ conversation_id, text, request });
  };
  const said = words.value.failures[failure.kind];
  return (
    <div class={styles.note} data-failed={message.status === "failed"}>
      <p>{message.type === "reaction" ? saidOfReaction(message.body, said, words.value) : said}</p>
      {failure.meta !== null && (
        <details>
          <summary>{words.value.metaSays}</summary>
          <p>{failure.meta}</p>
        </details>
      )}
      {may("send") && failure.action === "template" && (
        <button type="button" onClick={onPickTemplate}>
          {words.value.chooseTemplate}
        </button>
      )}
      {failure.action === "diagnose" && may("admin") && (
        <a href={STATUS_PATH} onClick={follow}>
          {words.value.diagnose}
        </a>
      )}
      {may("send") && RESENDS.has(failure.action) && (
        <button type="button" disabled={isResent()} onClick={resend}>
          {words.value.resend}
        </button>
      )}
    </div>
  );
}

/** The box. What leaves it is in the outbox at once; what stays in it is this conversation's draft. */
import { useComputed } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { noteTyping } from "../link/presence.ts";
import { send } from "../link/sending.ts";
import { type Conversation, type Message, nameOf } from "../state/views.ts";
import { draftOf, takeDraft, writeDraft } from "../storage/drafts.ts";
import { preview } from "../text/describe.ts";
import { safeText } from "../text/markup.ts";
import { clockTime } from "../time/format.ts";
import { words } from "../words/words.ts";
import { authorOf } from "./author.ts";
import { useCollision } from "./collision.ts";
import styles from "./Composer.module.css";
import { Icon } from "./Icon.tsx";

/** Meta's limit for a text, which the API counts in code points. */
const MOST_CHARACTERS = 4_096;

/** Browsers that confirm a word of an input method with Enter report this key. */
const COMPOSING_KEY_CODE = 229;

type ComposerProps = { conversation: Conversation; quoted: { value: Message | null } };

export function Composer({ conversation, quoted }: ComposerProps) {
  const { id } = conversation;
  const box = useRef<HTMLTextAreaElement>(null);
  const draft = draftOf(id);
  const isTooLong = useComputed(() => Array.from(draft.value.trim()).length > MOST_CHARACTERS);
  const canSend = useComputed(() => draft.value.trim() !== "" && !isTooLong.value);
  const { value: reply } = quoted;
  const collision = useCollision(id, draft.value.trim());

  useEffect(() => {
    if (reply !== null) box.current?.focus();
  }, [reply]);
  useLayoutEffect(() => {
    if (box.current !== null) grow(box.current);
  }, [draft.value]);

  const submit = () => {
    const text = draft.peek().trim();
    if (!canSend.peek() || !collision.confirm()) return;
    const context = reply === null ? {} : { context: { message_id: reply.id } };
    const body = { type: "text", text: { body: text }, ...context };
    const kept = send({ conversation_id: id, text, request: { kind: "message", body } });
    void takeDraft(id, kept);
    quoted.value = null;
    noteTyping("");
  };

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    const isComposing = event.isComposing || event.keyCode === COMPOSING_KEY_CODE;
    if (event.key === "Escape" && quoted.value !== null) {
      event.preventDefault();
      quoted.value = null;
      return;
    }
    const breaksLine = event.shiftKey || !matchMedia("(pointer: fine)").matches;
    if (event.key !== "Enter" || isComposing || breaksLine) return;
    event.preventDefault();
    if (!event.repeat) submit();
  };

  return (
    <form
      class={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {reply !== null && (
        <div class={styles.reply}>
          <p>
            <strong>{words.value.replyingTo(authorOf(reply, conversation))}</strong>{" "}
            <span dir="auto">{preview(reply, words.value)}</span>
          </p>
          <button
            type="button"
            data-look="quiet"
            aria-label={words.value.cancelReply}
            onClick={() => {
              quoted.value = null;
              box.current?.focus();
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      {collision.answer !== null && (
        <output class={styles.collision}>
          {words.value.answeredMeanwhile(
            authorOf(collision.answer, conversation),
            clockTime(collision.answer.created_at),
          )}
        </output>
      )}
      {isTooLong.value && <p class={styles.problem}>{words.value.tooLong(MOST_CHARACTERS)}</p>}
      <div class={styles.line}>
        <textarea
          ref={box}
          rows={1}
          dir="auto"
          aria-label={words.value.composer}
          placeholder={words.value.composerFor(safeText(nameOf(conversation)))}
          value={draft.value}
          onInput={({ currentTarget }) => {
            writeDraft(id, currentTarget.value);
            noteTyping(currentTarget.value.trim());
          }}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          data-look="main"
          disabled={!canSend.value}
          aria-label={words.value.send}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

/** As high as its text, as far as the style sheet lets it. */
function grow(box: HTMLTextAreaElement): void {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.blockSize = "auto";
  box.style.blockSize = `${box.scrollHeight}px`;
}

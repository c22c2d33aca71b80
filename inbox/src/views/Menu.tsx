/** What there is to do with a message, over the page: emoji to react with, and under a finger all the rest. */
import { ourReactionTo, send } from "../link/sending.ts";
import { messageNow } from "../state/live.ts";
import { EMOJI } from "../state/reactions.ts";
import type { Message } from "../state/views.ts";
import { words } from "../words/words.ts";
import { say } from "./alarm.ts";
import { menu } from "./menu.ts";
import { mayReact, Tools } from "./Tools.tsx";
import styles from "./Tools.module.css";

export function Menu({ onReply }: { onReply: (message: Message) => void }) {
  const { value: chosen } = menu;
  const message = chosen === null ? null : messageNow(chosen.message);
  if (message === null) return null;
  return (
    <dialog
      ref={openOrForget}
      class={styles.menu}
      aria-label={words.value.messageOptions}
      onClose={forget}
    >
      {mayReact(message) && <Emoji message={message} />}
      <Tools message={message} onReply={onReply} />
    </dialog>
  );
}

/** Any click closes it, also one beside it. Who goes to another conversation does not find it open on coming back. */
function openOrForget(box: HTMLDialogElement | null): void {
  const at = menu.peek()?.at;
  if (box === null || at === undefined) {
    forget();
    return;
  }
  // First of all: a copy may need the page itself.
  box.addEventListener("click", () => box.close(), true);
  box.showModal();
  // Where it was asked for, as far as the screen lets it.
  box.style.left = `${Math.min(at.left, innerWidth - box.offsetWidth)}px`;
  box.style.top = `${Math.min(at.top, innerHeight - box.offsetHeight)}px`;
}

function forget(): void {
  menu.value = null;
}

function Emoji({ message }: { message: Message }) {
  const { conversation_id, wamid: message_id } = message;
  const { emoji: own } = ourReactionTo(message);
  const choose = (emoji: string) => {
    const text = emoji === own ? "" : emoji;
    const body = { type: "reaction", reaction: { message_id, emoji: text } };
    void send({ conversation_id, text, request: { kind: "message", body } });
    const { said, you, reactionGone } = words.peek();
    say(text === "" ? reactionGone : said(you, text));
  };
  return (
    <div class={styles.emoji} role="toolbar" aria-label={words.value.react}>
      {EMOJI.map((emoji) => (
        <button
          key={emoji}
          type="button"
          data-look="quiet"
          aria-pressed={emoji === own}
          onClick={() => choose(emoji)}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}

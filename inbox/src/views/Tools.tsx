/** What there is to do with a message: beside its bubble under a mouse or the focus, in a menu under a finger. */
import { serverNow } from "../link/api.ts";
import { may } from "../link/session.ts";
import { conversationOf } from "../state/live.ts";
import { takesReaction } from "../state/reactions.ts";
import type { Message } from "../state/views.ts";
import { textToCopy } from "../text/copy.ts";
import { minute } from "../time/minute.ts";
import { takesFreeForm } from "../time/window.ts";
import { words } from "../words/words.ts";
import { alarm, say } from "./alarm.ts";
import { copyText } from "./copying.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { copied, detailed, menu } from "./menu.ts";
import styles from "./Tools.module.css";

type ToolsProps = { message: Message; onReply: (message: Message) => void };

export function Tools({ message, onReply }: ToolsProps) {
  const text = textToCopy(message);
  const { id } = message;
  const copy = async (what: string) => {
    const isCopied = await copyText(what);
    copied.value = isCopied ? id : null;
    if (isCopied) say(words.peek().copied);
    else alarm(words.peek().notCopied);
  };
  return (
    <div class={styles.tools} role="toolbar" aria-label={words.value.messageOptions}>
      {may("send") && message.wamid !== null && !message.revoked && (
        <Tool icon="reply" name={words.value.reply} act={() => onReply(message)} />
      )}
      {mayReact(message) && (
        <Tool
          icon="smile"
          name={words.value.react}
          act={({ currentTarget }) => {
            menu.value = { message, at: currentTarget.getBoundingClientRect() };
          }}
        />
      )}
      {text !== null && (
        <Tool
          icon={copied.value === id ? "check" : "copy"}
          name={words.value.copy}
          act={() => void copy(text)}
        />
      )}
      <Tool
        icon="info"
        name={words.value.details}
        act={() => {
          detailed.value = message;
        }}
      />
    </div>
  );
}

/** Whether this person, and Meta, let it be reacted to now. */
export function mayReact(message: Message): boolean {
  void minute.value;
  const conversation = conversationOf(message.conversation_id);
  const now = serverNow();
  return (
    may("send") &&
    conversation !== null &&
    takesFreeForm(conversation, now) &&
    takesReaction(message, now)
  );
}

type Act = (event: { currentTarget: HTMLElement }) => void;

function Tool({ icon, name, act }: { icon: IconName; name: string; act: Act }) {
  return (
    <button
      type="button"
      data-look="quiet"
      data-icon={icon}
      aria-label={name}
      title={name}
      onClick={act}
    >
      <Icon name={icon} />
    </button>
  );
}

/** One message, with all that is known of it. */
import { lookUpQuoted } from "../state/quotes.ts";
import { conversationOf, messageOf } from "../state/live.ts";
import { may } from "../link/session.ts";
import { cancelMessage } from "../link/thread.ts";
import type { Conversation, Message } from "../state/views.ts";
import { preview } from "../text/describe.ts";
import { clockTime, fullTime } from "../time/format.ts";
import { words } from "../words/words.ts";
import { authorOf } from "./author.ts";
import styles from "./Bubble.module.css";
import { Content } from "./Content.tsx";
import { FailureNote } from "./FailureNote.tsx";
import { useLongPress } from "./long-press.ts";
import { Reactions } from "./Reactions.tsx";
import { Ticks } from "./Ticks.tsx";
import { Tools } from "./Tools.tsx";
import { useUndone } from "./undone.tsx";

/** Longer labels would be read in full before the text itself. */
const LABEL_MAX_CHARACTERS = 120;

type BubbleProps = {
  conversationId: string;
  id: string;
  isFirstOfGroup: boolean;
  onReply: (message: Message) => void;
  onSeek: (reference: string) => void;
  onPickTemplate: () => void;
};

export function Bubble({
  conversationId,
  id,
  isFirstOfGroup,
  onReply,
  onSeek,
  onPickTemplate,
}: BubbleProps) {
  const message = messageOf(conversationId, id);
  const conversation = conversationOf(conversationId);
  const longPress = useLongPress(message);
  if (message === null) return null;
  const author = authorOf(message, conversation);
  const isOurs = message.direction === "outbound";
  const said = preview(message, words.value).slice(0, LABEL_MAX_CHARACTERS);
  return (
    <article
      class={styles.bubble}
      data-id={id}
      data-ours={isOurs}
      data-plain={message.type === "sticker"}
      data-first={isFirstOfGroup}
      tabIndex={-1}
      aria-label={`${words.value.said(author, said)}, ${clockTime(message.created_at)}`}
      {...longPress}
    >
      {isFirstOfGroup && (isOurs || conversation?.kind === "group") && (
        <p class={styles.author} dir="auto">
          {author}
        </p>
      )}
      {message.referral !== null && <p class={styles.note}>{words.value.fromAd}</p>}
      <Quote message={message} conversation={conversation} onSeek={onSeek} />
      {message.revoked ? (
        <p class={styles.note}>{words.value.revoked}</p>
      ) : (
        <Content message={message} />
      )}
      <p class={styles.foot}>
        {message.edited && <span>{words.value.edited}</span>}
        {message.status === "scheduled" && message.send_at !== null && (
          <span>{words.value.scheduledFor(fullTime(message.send_at))}</span>
        )}
        <time dateTime={message.created_at} title={fullTime(message.created_at)}>
          {clockTime(message.created_at)}
        </time>
        {isOurs && <Ticks status={message.status} />}
      </p>
      <Reactions message={message} onPickTemplate={onPickTemplate} />
      <FailureNote message={message} onPickTemplate={onPickTemplate} />
      <Cancel message={message} />
      <Tools message={message} onReply={onReply} />
    </article>
  );
}

function Cancel({ message }: { message: Message }) {
  const undone = useUndone();
  const { status } = message;
  return (
    <>
      {may("send") && (status === "queued" || status === "scheduled") && (
        <button type="button" onClick={() => void undone.attempt(() => cancelMessage(message))}>
          {words.value.cancelMessage}
        </button>
      )}
      {undone.note}
    </>
  );
}

type QuoteProps = {
  message: Message;
  conversation: Conversation | null;
  onSeek: (reference: string) => void;
};

function Quote({ message, conversation, onSeek }: QuoteProps) {
  const reference = message.context?.["message_id"];
  if (typeof reference !== "string") return null;
  const quoted = lookUpQuoted(message.conversation_id, reference);
  return (
    <blockquote class={styles.quote}>
      <button type="button" title={words.value.showQuoted} onClick={() => onSeek(reference)}>
        {quoted === null ? (
          words.value.quoteMissing
        ) : (
          <>
            <cite dir="auto">{authorOf(quoted, conversation)}</cite>
            <span dir="auto">{preview(quoted, words.value)}</span>
          </>
        )}
      </button>
    </blockquote>
  );
}

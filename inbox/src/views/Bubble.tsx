/** One message, with all that is known of it. */
import { lookUpQuoted } from "../state/quotes.ts";
import { conversationOf, messageOf } from "../state/live.ts";
import { may } from "../link/session.ts";
import { cancelMessage } from "../link/thread.ts";
import { type Conversation, type Message, nameOf } from "../state/views.ts";
import { preview } from "../text/describe.ts";
import { safeText } from "../text/markup.ts";
import { clockTime, fullTime } from "../time/format.ts";
import { words } from "../words/words.ts";
import styles from "./Bubble.module.css";
import { Content } from "./Content.tsx";
import { FailureNote } from "./FailureNote.tsx";
import { Icon } from "./Icon.tsx";
import { staffName } from "./staff-name.ts";
import { Ticks } from "./Ticks.tsx";
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
  if (message === null) return null;
  const author = authorOf(message, conversation);
  const isOurs = message.direction === "outbound";
  const said = preview(message, words.value).slice(0, LABEL_MAX_CHARACTERS);
  const canReply = may("send") && message.wamid !== null && !message.revoked;
  return (
    <article
      class={styles.bubble}
      data-id={id}
      data-ours={isOurs}
      data-plain={message.type === "sticker"}
      data-first={isFirstOfGroup}
      tabIndex={-1}
      aria-label={`${words.value.said(author, said)}, ${clockTime(message.created_at)}`}
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
      <Reactions message={message} />
      <FailureNote message={message} onPickTemplate={onPickTemplate} />
      <Cancel message={message} />
      {canReply && (
        <button
          type="button"
          class={styles.reply}
          data-look="quiet"
          aria-label={words.value.reply}
          title={words.value.reply}
          onClick={() => onReply(message)}
        >
          <Icon name="reply" />
        </button>
      )}
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

/** Who wrote a message. */
export function authorOf(message: Message, conversation: Conversation | null): string {
  if (message.direction === "outbound") return authorOfOurs(message.sent_by);
  // The customer may have been given another name since the message came; in a group each has their own.
  const named = conversation === null || conversation.kind === "group" ? message : conversation;
  return safeText(nameOf({ contact: named.contact, subject: conversation?.subject ?? "" }));
}

/** Staff by their name, what came from the phone itself as such. */
export function authorOfOurs(sentBy: string | null): string {
  return sentBy === null || sentBy === "" ? words.value.phoneApp : staffName(sentBy);
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

function Reactions({ message: { reactions } }: { message: Message }) {
  if (reactions.length === 0) return null;
  return (
    <ul class={styles.reactions} aria-label={words.value.reactions}>
      {reactions.map(({ emoji, from }) => (
        <li key={from}>
          <bdi>{safeText(emoji)}</bdi>
        </li>
      ))}
    </ul>
  );
}

/** Messages in order, with a line for each day and one above the first unread message. */
import { serverNow } from "../link/api.ts";
import type { Message } from "../state/views.ts";
import { dayKey, dayName } from "../time/format.ts";
import { words } from "../words/words.ts";
import { Bubble } from "./Bubble.tsx";
import styles from "./Bubbles.module.css";

/** Messages of one author in a row name the author once. */
const GROUP_MS = 5 * 60_000;

type BubblesProps = {
  messages: readonly Message[];
  unreadLine: string | null;
  onReply: (message: Message) => void;
  onSeek: (reference: string) => void;
  onPickTemplate: () => void;
};

export function Bubbles({ messages, unreadLine, onReply, onSeek, onPickTemplate }: BubblesProps) {
  const unreadFrom = messages.findIndex(({ id }) => id === unreadLine);
  const unread = messages
    .slice(unreadFrom)
    .filter(({ direction }) => direction === "inbound").length;
  return messages.flatMap((message, place) => {
    const { id, created_at: at, conversation_id } = message;
    const before = messages[place - 1];
    const day = dayKey(Date.parse(at));
    const isNewDay = before === undefined || dayKey(Date.parse(before.created_at)) !== day;
    return [
      ...(isNewDay
        ? [
            <p key={`day ${day} ${id}`} class={styles.day}>
              <time dateTime={at}>{dayName(at, serverNow())}</time>
            </p>,
          ]
        : []),
      ...(place === unreadFrom
        ? [
            <p key="unread" class={styles.unread}>
              {words.value.newMessages(unread)}
            </p>,
          ]
        : []),
      <Bubble
        key={id}
        conversationId={conversation_id}
        id={id}
        isFirstOfGroup={isNewDay || !isSameGroup(before, message)}
        onReply={onReply}
        onSeek={onSeek}
        onPickTemplate={onPickTemplate}
      />,
    ];
  });
}

function isSameGroup(before: Message, message: Message): boolean {
  return (
    before.direction === message.direction &&
    before.sent_by === message.sent_by &&
    before.contact.wa_id === message.contact.wa_id &&
    Date.parse(message.created_at) - Date.parse(before.created_at) < GROUP_MS
  );
}

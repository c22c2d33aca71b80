/** One conversation in the list. */
import { serverNow } from "../link/api.ts";
import { conversationOf, lastMessageOf } from "../state/live.ts";
import { nameOf } from "../state/views.ts";
import { draftOf } from "../storage/drafts.ts";
import { preview } from "../text/describe.ts";
import { safeText } from "../text/markup.ts";
import { minute } from "../time/minute.ts";
import { rowTime } from "../time/format.ts";
import { sessionWindow } from "../time/window.ts";
import { waitOf } from "../time/wait.ts";
import { words } from "../words/words.ts";
import { nameFor, ownName } from "./Assignee.tsx";
import styles from "./ConversationRow.module.css";
import { Icon } from "./Icon.tsx";
import { colleaguesAt } from "./Colleagues.tsx";
import { conversationPath, follow, openConversation } from "./route.ts";
import { Ticks } from "./Ticks.tsx";

/** The style sheet says the same. */
export const ROW_PX = 72;

/** More than fits a row; a label is read in full. */
const PREVIEW_MAX_CHARACTERS = 200;

const HUES = 12;
const HUE_DEGREES = 360 / HUES;

export function ConversationRow({
  id,
  place,
  count,
}: {
  id: string;
  place: number;
  count: number;
}) {
  const conversation = conversationOf(id);
  if (conversation === null) return null;
  void minute.value;
  const name = safeText(nameOf(conversation));
  const last = lastMessageOf(id);
  const isOpen = openConversation.value === id;
  const { typing } = colleaguesAt(id);
  const draft = isOpen ? "" : draftOf(id).value.trim();
  const lastText = last === null ? "" : preview(last, words.value).slice(0, PREVIEW_MAX_CHARACTERS);
  const time = rowTime(conversation.last_message_at, serverNow());
  const unread = conversation.unread_count;
  const window = sessionWindow(conversation.session_window, serverNow());
  const isClosing = window.kind === "open" && window.urgency !== "quiet";
  const wait = waitOf(conversation.waiting_since, serverNow());
  const waited = wait === null ? "" : words.value.waits(wait);
  const { assignee } = conversation;
  const isMine = assignee !== null && assignee === ownName();
  const assigned = isMine ? words.value.me : nameFor(assignee ?? "");
  const label = words.value.rowLabel(name, [
    ...(unread > 0 ? [words.value.unread(unread)] : []),
    ...(draft === "" ? [] : [words.value.draft]),
    ...(typing.length === 0 ? [] : [words.value.typing(typing)]),
    ...(lastText === "" ? [] : [words.value.lastWas(lastText)]),
    ...(isClosing ? [words.value.closesSoon] : []),
    ...(waited === "" ? [] : [words.value.hasWaited(waited)]),
    ...(assignee === null ? [] : [words.value.assignedTo(assigned)]),
    time,
  ]);
  return (
    <li
      class={styles.item}
      style={{ transform: `translateY(${place * ROW_PX}px)` }}
      aria-setsize={count}
      aria-posinset={place + 1}
    >
      <a
        class={styles.row}
        href={conversationPath(id)}
        aria-current={isOpen ? "page" : undefined}
        aria-label={label}
        data-unread={unread > 0}
        onClick={follow}
      >
        <span class={styles.disc} style={{ "--hue": String(hueOf(id)) }}>
          {conversation.kind === "group" ? <Icon name="people" /> : initialsOf(name)}
        </span>
        <span class={styles.name} dir="auto">
          {name}
        </span>
        <time class={styles.time} dateTime={conversation.last_message_at}>
          {time}
        </time>
        <span class={styles.preview} dir="auto">
          <Preview id={id} draft={draft} typing={typing} text={lastText} />
        </span>
        <span class={styles.chips}>
          {isClosing && (
            <span class={styles.closing} title={words.value.closesSoon}>
              <Icon name="clock" />
            </span>
          )}
          {waited !== "" && (
            <span class={styles.wait} title={words.value.hasWaited(waited)}>
              {waited}
            </span>
          )}
          {assignee !== null && (
            <span class={styles.assignee} title={words.value.assignedTo(assigned)}>
              {isMine ? assigned : initialsOf(assigned)}
            </span>
          )}
          {unread > 0 && <span class={styles.badge}>{unread}</span>}
        </span>
      </a>
    </li>
  );
}

const graphemes = new Intl.Segmenter();

type PreviewProps = { id: string; draft: string; typing: readonly string[]; text: string };

function Preview({ id, draft, typing, text }: PreviewProps) {
  if (typing.length > 0) return <em class={styles.typing}>{words.value.typing(typing)}</em>;
  if (draft !== "") {
    return (
      <>
        <em class={styles.draft}>{words.value.draft}:</em> {safeText(draft)}
      </>
    );
  }
  const last = lastMessageOf(id);
  return (
    <>
      {last?.direction === "outbound" && <Ticks status={last.status} />}
      {text}
    </>
  );
}

function initialsOf(name: string): string {
  const letters = name
    .split(/\s+/u)
    .flatMap((word) => /\p{L}/u.exec(word)?.[0] ?? [])
    .slice(0, 2);
  if (letters.length > 0) return letters.join("").toUpperCase();
  // A number's last digits, and no half of an emoji.
  return Array.from(graphemes.segment(name), ({ segment }) => segment)
    .slice(-2)
    .join("");
}

function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return (sum % HUES) * HUE_DEGREES;
}

/** Who the conversation is with, how long its window is open, and its status. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { serverNow } from "../link/api.ts";
import { may } from "../link/session.ts";
import { changeStatus } from "../link/thread.ts";
import { type Conversation, nameOf } from "../state/views.ts";
import { safeText } from "../text/markup.ts";
import { fullTime } from "../time/format.ts";
import { minute } from "../time/minute.ts";
import { sessionWindow } from "../time/window.ts";
import { words } from "../words/words.ts";
import { Assignee } from "./Assignee.tsx";
import { Colleagues } from "./Colleagues.tsx";
import { Icon } from "./Icon.tsx";
import { useKeptFocus } from "./kept-focus.ts";
import { follow, LIST_PATH } from "./route.ts";
import styles from "./ThreadHeader.module.css";

/** Time to see that it was the wrong one. */
const UNDO_MS = 6_000;

export function ThreadHeader({ conversation }: { conversation: Conversation }) {
  const isRefused = useSignal(false);
  const tell = (isTaken: boolean) => {
    isRefused.value = !isTaken;
  };
  const name = safeText(nameOf(conversation));
  const { phone, username } = conversation.contact;
  const detail = phone ?? (username === null ? null : `@${username}`);
  return (
    <header class={styles.header}>
      <a class={styles.back} href={LIST_PATH} aria-label={words.value.back} onClick={follow}>
        <Icon name="back" />
      </a>
      <div class={styles.who}>
        <h2 class={styles.name} dir="auto">
          {name}
        </h2>
        <p class={styles.detail}>
          {detail !== null && detail !== name && <bdi>{detail}</bdi>}{" "}
          <Colleagues id={conversation.id} />
        </p>
      </div>
      <WindowChip conversation={conversation} />
      <Assignee conversation={conversation} onAnswer={tell} />
      {may("send") && <StatusButtons conversation={conversation} onAnswer={tell} />}
      <p class={styles.refused} role="alert">
        {isRefused.value && words.value.notChanged}
      </p>
    </header>
  );
}

function WindowChip({ conversation }: { conversation: Conversation }) {
  void minute.value;
  const window = sessionWindow(conversation.session_window, serverNow());
  if (window.kind !== "open") return null;
  return (
    <span
      class={styles.window}
      data-urgency={window.urgency}
      title={words.value.windowUntil(fullTime(window.until))}
    >
      {words.value.windowLeft(window.hours, window.minutes)}
    </span>
  );
}

type StatusProps = { conversation: Conversation; onAnswer: (isTaken: boolean) => void };

function StatusButtons({ conversation: { id, status }, onAnswer }: StatusProps) {
  const before = useSignal<Conversation["status"] | null>(null);
  useEffect(() => {
    // Opened again: a colleague who closes it after that is not undone.
    if (status !== "closed") before.value = null;
  }, [before, status]);
  useEffect(() => {
    if (before.value === null) return;
    const timer = setTimeout(() => {
      before.value = null;
    }, UNDO_MS);
    return () => clearTimeout(timer);
  }, [before, before.value]);

  const change = async (to: Conversation["status"]) => {
    before.value = to === "closed" ? status : null;
    const isTaken = await changeStatus(id, to);
    if (!isTaken) before.value = null;
    onAnswer(isTaken);
  };
  const { value: undone } = before;
  const box = useRef<HTMLDivElement>(null);
  const keptFocus = useKeptFocus(() => box.current?.querySelector("button"));
  return (
    <div ref={box} class={styles.buttons} {...keptFocus}>
      {undone !== null && status === "closed" && (
        <output>
          {words.value.closed}{" "}
          <button type="button" onClick={() => void change(undone)}>
            {words.value.undo}
          </button>
        </output>
      )}
      {status === "active" && (
        <button type="button" onClick={() => void change("pending")}>
          {words.value.setPending}
        </button>
      )}
      {status === "closed" ? (
        undone === null && (
          <button type="button" onClick={() => void change("pending")}>
            {words.value.reopen}
          </button>
        )
      ) : (
        <button type="button" onClick={() => void change("closed")}>
          {words.value.close}
        </button>
      )}
    </div>
  );
}

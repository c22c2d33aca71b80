/** Who the conversation is with, how long its window is open, and its status. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { serverNow } from "../link/api.ts";
import { may } from "../link/session.ts";
import { changeConversation } from "../link/thread.ts";
import { type Conversation, nameOf } from "../state/views.ts";
import { safeText } from "../text/markup.ts";
import { fullTime } from "../time/format.ts";
import { minute } from "../time/minute.ts";
import { sessionWindow } from "../time/window.ts";
import { words } from "../words/words.ts";
import { Assignee } from "./Assignee.tsx";
import { Back } from "./Back.tsx";
import { Colleagues } from "./Colleagues.tsx";
import styles from "./ThreadHeader.module.css";
import { type Attempt, useUndone } from "./undone.tsx";

/** Time to see that it was the wrong one. */
const UNDO_MS = 6_000;

export function ThreadHeader({ conversation }: { conversation: Conversation }) {
  const name = safeText(nameOf(conversation));
  const { phone, username } = conversation.contact;
  const undone = useUndone();
  const detail = phone ?? (username === null ? null : `@${username}`);
  return (
    <header class={styles.header}>
      <Back />
      <div class={styles.who}>
        <h2 class={styles.name} dir="auto" tabIndex={-1}>
          {name}
        </h2>
        <p class={styles.detail}>
          {detail !== null && detail !== name && <bdi>{detail}</bdi>}{" "}
          <Colleagues id={conversation.id} />
        </p>
      </div>
      <WindowChip conversation={conversation} />
      <Assignee conversation={conversation} attempt={undone.attempt} />
      {may("send") && <StatusButtons conversation={conversation} attempt={undone.attempt} />}
      {undone.note}
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

type ButtonsProps = { conversation: Conversation; attempt: Attempt };

function StatusButtons({ conversation: { id, status }, attempt }: ButtonsProps) {
  const before = useSignal<Conversation["status"] | null>(null);
  useEffect(() => {
    if (before.value === null) return;
    const timer = setTimeout(() => {
      before.value = null;
    }, UNDO_MS);
    return () => clearTimeout(timer);
  }, [before, before.value]);

  useEffect(() => {
    // Opened again: what a colleague closes after that is not theirs to undo.
    if (status !== "closed") before.value = null;
  }, [before, status]);

  const change = async (to: Conversation["status"]) => {
    before.value = to === "closed" ? status : null;
    const isDone = await attempt(() => changeConversation(id, { status: to }));
    if (!isDone) before.value = null;
  };
  const { value: undone } = before;
  return (
    <div class={styles.buttons} data-group>
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

/** The frame: bar, list and thread; on a phone one of the two, by the address. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { followFeed } from "../link/feed.ts";
import { conversationIds, followList } from "../link/list.ts";
import { lookAt } from "../link/presence.ts";
import { reach } from "../link/reach.ts";
import { followOutbox, outbox } from "../link/sending.ts";
import { may, session, signOut } from "../link/session.ts";
import { unreadConversations } from "../link/counts.ts";
import { words } from "../words/words.ts";
import { ConversationList } from "./ConversationList.tsx";
import { isNowhere } from "./focus-keeper.ts";
import styles from "./Inbox.module.css";
import { useKeys } from "./keyboard.ts";
import { LanguageSwitch } from "./LanguageSwitch.tsx";
import { LiveRegion } from "./LiveRegion.tsx";
import {
  conversationPath,
  follow,
  isStatusPage,
  LIST_PATH,
  openConversation,
  STATUS_PATH,
} from "./route.ts";
import { SkipLinks } from "./SkipLinks.tsx";
import { StatusPage } from "./StatusPage.tsx";
import { Thread } from "./Thread.tsx";
import { useTitle } from "./title.ts";
import { UpdateNote } from "./UpdateNote.tsx";

export function Inbox() {
  useEffect(followList, []);
  useEffect(followOutbox, []);
  useEffect(followFeed, []);
  useKeys(conversationIds);
  useTitle(unreadConversations, words.value.inbox);
  const open = openConversation.value;
  useEffect(() => lookAt(open), [open]);
  useReturn(open);
  return (
    <div class={styles.frame} data-open={open !== null || isStatusPage.value}>
      <SkipLinks />
      <header class={styles.bar}>
        <a href={LIST_PATH} class={styles.brand} onClick={follow}>
          {words.value.inbox}
        </a>
        <Connection />
        <UpdateNote />
        <span class={styles.space} />
        {may("admin") && (
          <a href={STATUS_PATH} onClick={follow}>
            {words.value.systemStatus}
          </a>
        )}
        <LanguageSwitch />
        <SignOut />
      </header>
      <nav id="inbox-list" class={styles.list} aria-label={words.value.conversations}>
        <ConversationList ids={conversationIds} />
      </nav>
      <main id="inbox-thread" class={styles.thread}>
        {isStatusPage.value && <StatusPage />}
        {/* A box of its own for each conversation: nothing of one can stand in another. */}
        {open !== null && <Thread key={open} id={open} />}
        {open === null && !isStatusPage.value && (
          <p class={styles.nothing}>{words.value.pickOne}</p>
        )}
      </main>
      <LiveRegion />
    </div>
  );
}

/** Who leaves a conversation is at its row again. */
function useReturn(open: string | null): void {
  const before = useRef(open);
  useLayoutEffect(() => {
    const { current: left } = before;
    before.current = open;
    if (open !== null || left === null || !isNowhere()) return;
    const row = document.querySelector<HTMLElement>(`nav a[href="${conversationPath(left)}"]`);
    (row ?? document.querySelector<HTMLElement>("nav li a"))?.focus();
  }, [open]);
}

function Connection() {
  const { polling, reconnecting, offline, delayed } = words.value;
  const texts = { idle: "", connecting: "", live: "", polling, reconnecting, offline, delayed };
  const text = texts[reach.value];
  return (
    <output
      class={styles.link}
      data-reach={reach.value}
      aria-label={text === "" ? undefined : text}
    >
      {text} {reach.value === "offline" && words.value.whileOffline}
    </output>
  );
}

function leave(): void {
  const { length: unsent } = outbox.peek();
  if (unsent === 0 || confirm(words.peek().unsentAtSignOut(unsent))) void signOut();
}

function SignOut() {
  return (
    <button
      type="button"
      data-look="quiet"
      title={session.value.kind === "in" ? session.value.me.name : ""}
      onClick={leave}
    >
      {words.value.signOut}
    </button>
  );
}

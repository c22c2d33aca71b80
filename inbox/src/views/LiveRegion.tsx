/** Says what comes to those who listen to the page: at once where somebody reads, a number for all the rest. */
import { useEffect, useRef } from "preact/hooks";
import { newsOfOthers } from "../link/news.ts";
import { loadedOf, shownFrom } from "../link/thread.ts";
import {
  bubbleIdsOf,
  conversationOf,
  messageIdsOf,
  messageOf,
  peekMessage,
} from "../state/live.ts";
import type { Message } from "../state/views.ts";
import { preview } from "../text/describe.ts";
import { words } from "../words/words.ts";
import { alarm, alarmText, saidText, say } from "./alarm.ts";
import { authorOf } from "./author.ts";
import { openConversation } from "./route.ts";

/** More would be said for minutes. */
const MOST_SAID = 5;

/** Who listens would hear nothing else on a busy day. */
const OTHERS_MS = 10_000;

/** Older messages have failed or not by now. */
const MAY_FAIL = 20;

export function LiveRegion() {
  const open = openConversation.value;
  const isLoaded = open !== null && loadedOf(open).value !== "no";
  const ids = open === null ? [] : bubbleIdsOf(open, shownFrom(open));
  const sent = open === null ? [] : messageIdsOf(open, shownFrom(open), isOurs);
  useNews(open, isLoaded, ids);
  useOthers();
  useFailures(open, isLoaded, sent.slice(-MAY_FAIL));
  return (
    <>
      <p class="hidden" aria-live="polite">
        {saidText.value}
      </p>
      <p class="hidden" aria-live="assertive">
        {alarmText.value}
      </p>
    </>
  );
}

function isOurs({ direction }: Message): boolean {
  return direction === "outbound";
}

/** New messages of the open conversation: all of them, even the same twice. */
function useNews(open: string | null, isLoaded: boolean, ids: readonly string[]): void {
  const known = useRef({ open: "", newest: "" });
  const newest = ids.at(-1) ?? "";
  useEffect(() => {
    if (open === null || !isLoaded) return;
    const { open: before, newest: last } = known.current;
    known.current = { open, newest };
    if (before !== open) return;
    const news = ids
      .filter((id) => id > last)
      .flatMap((id) => peekMessage(open, id) ?? [])
      .filter(({ direction }) => direction === "inbound");
    if (news.length === 0) return;
    const { newMessages, said } = words.peek();
    say(
      news.length > MOST_SAID
        ? newMessages(news.length)
        : news
            .map((message) =>
              said(authorOf(message, conversationOf(open)), preview(message, words.peek())),
            )
            .join("\n"),
    );
  }, [open, isLoaded, newest]);
}

/** How many other conversations have news, from time to time. */
function useOthers(): void {
  const heard = useRef(newsOfOthers.peek());
  const saidAt = useRef(-OTHERS_MS);
  const { value: news } = newsOfOthers;
  useEffect(() => {
    if (news === heard.current) return;
    const tell = () => {
      saidAt.current = performance.now();
      say(words.peek().newsOfOthers(newsOfOthers.peek() - heard.current));
      heard.current = newsOfOthers.peek();
    };
    const timer = setTimeout(tell, Math.max(0, saidAt.current + OTHERS_MS - performance.now()));
    return () => clearTimeout(timer);
  }, [news]);
}

/** A message of ours that turns out not to arrive. */
function useFailures(open: string | null, isLoaded: boolean, ids: readonly string[]): void {
  const known = useRef<{ open: string; failed: ReadonlySet<string> }>({
    open: "",
    failed: new Set(),
  });
  const failed = open === null ? [] : ids.filter((id) => messageOf(open, id)?.status === "failed");
  useEffect(() => {
    if (open === null || !isLoaded) return;
    const news = failed.find((id) => known.current.open === open && !known.current.failed.has(id));
    known.current = { open, failed: new Set(failed) };
    const message = news === undefined ? null : peekMessage(open, news);
    if (message === null) return;
    alarm(words.peek().said(words.peek().status.failed, preview(message, words.peek())));
  }, [open, isLoaded, failed.join(" ")]);
}

/** The messages of a conversation: some of them drawn, the place of reading kept whatever comes. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { discardEntry, outbox } from "../link/sending.ts";
import { loadedOf, loadOlder, loadThreadAgain, shownFrom, threadFails } from "../link/thread.ts";
import { bubbleIdsOf, conversationOf, loadedMessages, peekMessage } from "../state/live.ts";
import { hasBubble, isHeld, isShownBy } from "../state/outbox.ts";
import { leftPlaces } from "../state/places.ts";
import {
  afterLoading,
  around,
  atEnd,
  beginning,
  type Range,
  towardsNewer,
  towardsOlder,
} from "../state/thread-range.ts";
import type { Message } from "../state/views.ts";
import { words } from "../words/words.ts";
import { Bubbles } from "./Bubbles.tsx";
import { alarm } from "./alarm.ts";
import { Icon } from "./Icon.tsx";
import styles from "./MessageLog.module.css";
import { NotLoaded } from "./NotLoaded.tsx";
import { OutboxBubble } from "./OutboxBubble.tsx";
import { useReadingPlace } from "./reading-place.ts";
import { useReadMark } from "./read-mark.ts";
import { useSeeking } from "./seeking.ts";

type LogProps = {
  id: string;
  onReply: (message: Message) => void;
  onPickTemplate: () => void;
};

export function MessageLog({ id, onReply, onPickTemplate }: LogProps) {
  const box = useRef<HTMLDivElement>(null);
  const loaded = loadedOf(id).value;
  // The conversation's row says where to begin, and its header would push away what is read.
  const isLoaded = loaded !== "no" && conversationOf(id) !== null;
  const ids = isLoaded ? bubbleIdsOf(id, shownFrom(id)) : [];
  const unreadLine = useUnreadLine(id, ids);
  const { current: left } = useRef(leftPlaces.get(id));
  const drawn = useDrawnRange(ids, isLoaded, left?.id ?? unreadLine);
  const place = useReadingPlace(box, {
    conversationId: id,
    ids,
    isAtEnd: drawn.isAtEnd,
    isLoaded,
    left,
    startAt: unreadLine,
  });
  useReadMark(id, place.isAtBottom);
  const isMissing = threadFails(id).value;
  const isOlderMissing = isLoaded && isMissing;
  useEffect(() => {
    if (isOlderMissing) alarm(words.peek().olderMissing);
  }, [isOlderMissing]);

  const pending = outbox.value.filter(
    (entry) => entry.conversation_id === id && entry.request.kind === "message",
  );
  const messages = ids
    .slice(drawn.range.from, drawn.range.to)
    .flatMap((each) => peekMessage(id, each) ?? []);
  const known = pending.length === 0 ? [] : loadedMessages(id);
  const unshown = pending.filter((entry) => !known.some((message) => isShownBy(entry, message)));
  useEffect(() => {
    // Its answer was lost, and it has long left.
    for (const entry of pending) {
      if (isHeld(entry, Date.now()) && !unshown.includes(entry)) void discardEntry(entry);
    }
  }, [pending.length, unshown.length]);
  const jumpDown = () => {
    drawn.end();
    place.toBottom();
  };
  // What staff write themselves they want to see.
  const bubbles = pending.filter(hasBubble).length;
  const written = useRef(bubbles);
  useLayoutEffect(() => {
    if (bubbles > written.current) jumpDown();
    written.current = bubbles;
  }, [bubbles]);

  const onScroll = () => {
    const { current } = box;
    if (current === null) return;
    place.note();
    const { scrollTop, clientHeight, scrollHeight } = current;
    if (scrollTop < clientHeight) {
      if (drawn.range.from > 0) drawn.older();
      else loadOlder(id);
    }
    if (scrollHeight - scrollTop - clientHeight < clientHeight && !drawn.isAtEnd) drawn.newer();
  };
  const seek = useSeeking(id, {
    box,
    ids,
    loaded,
    drawn: drawn.range,
    draw: drawn.around,
    show: (found) => place.toMessage(found),
  });

  // A short first page, or a tall screen: there may be nothing to scroll.
  useEffect(onScroll, [ids.length, loaded]);

  return (
    <div class={styles.frame}>
      <div
        ref={box}
        class={styles.log}
        role="log"
        aria-live="off"
        aria-label={words.value.messages}
        aria-busy={!isLoaded}
        tabIndex={0}
        onScroll={onScroll}
      >
        <div class={styles.messages}>
          {!isLoaded && !isMissing && <p class={styles.note}>{words.value.loading}</p>}
          {isMissing && (
            <NotLoaded
              text={isLoaded ? words.value.olderMissing : undefined}
              again={() => loadThreadAgain(id)}
            />
          )}
          {isLoaded && loaded === "all" && ids.length === 0 && (
            <p class={styles.note}>{words.value.noMessages}</p>
          )}
          <Bubbles
            messages={messages}
            unreadLine={unreadLine}
            onReply={onReply}
            onSeek={seek}
            onPickTemplate={onPickTemplate}
          />
          {drawn.isAtEnd &&
            unshown
              .filter(hasBubble)
              .map((entry) => <OutboxBubble key={entry.key} entry={entry} />)}
        </div>
      </div>
      {(!place.isAtBottom.value || !drawn.isAtEnd) && (
        <button type="button" class={styles.pill} onClick={jumpDown}>
          {place.missed > 0 ? words.value.newMessages(place.missed) : words.value.jumpDown}{" "}
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

/** Which messages are drawn, moved along when others are loaded. */
function useDrawnRange(ids: readonly string[], isLoaded: boolean, startAt: string | null) {
  const range = useRef<Range>({ from: 0, to: 0 });
  const known = useRef<{ first: string | undefined; count: number }>({
    first: undefined,
    count: 0,
  });
  const turns = useSignal(0);
  void turns.value;

  const { count, first } = known.current;
  if (count === 0 && isLoaded) range.current = beginning(ids.indexOf(startAt ?? ""), ids.length);
  else if (ids.length !== count) {
    const before = first === undefined ? 0 : Math.max(0, ids.indexOf(first));
    range.current = afterLoading(range.current, before, count, ids.length);
    // What was just loaded above is what somebody scrolled for.
    if (before > 0) range.current = towardsOlder(range.current);
  }
  known.current = { first: ids[0], count: ids.length };

  const show = (next: Range) => {
    range.current = next;
    turns.value += 1;
  };
  return {
    range: range.current,
    isAtEnd: range.current.to >= ids.length,
    older: () => show(towardsOlder(range.current)),
    newer: () => show(towardsNewer(range.current, ids.length)),
    end: () => show(atEnd(ids.length)),
    around: (at: number) => show(around(at, ids.length)),
  };
}

/** The first message that was unread when the conversation was opened. */
function useUnreadLine(id: string, ids: readonly string[]): string | null {
  const line = useRef<string | null>(null);
  const isSet = useRef(false);
  const unread = conversationOf(id)?.unread_count;
  if (!isSet.current && unread !== undefined && ids.length > 0) {
    isSet.current = true;
    const inbound = ids.filter((each) => peekMessage(id, each)?.direction === "inbound");
    line.current = unread === 0 ? null : (inbound.at(-unread) ?? inbound[0] ?? null);
  }
  return line.current;
}

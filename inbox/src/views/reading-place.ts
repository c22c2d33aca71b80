/**
 * Keeps the place where somebody reads: at the end new messages push the others up; anywhere else nothing
 * moves, whatever is loaded above or below, and whether or not the browser anchors by itself.
 */
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { type LeftPlace, leftPlaces } from "../state/places.ts";

/** So near the end somebody reads the newest. */
const BOTTOM_PX = 80;

/** Where the first unread message stands on opening, and one that was looked for, as a part of the height. */
const START_AT = 0.25;

/** What marks a message that was looked for, and how long. */
const FOUND = [{ boxShadow: "0 0 0 3px var(--accent)" }, { boxShadow: "0 0 0 3px transparent" }];
const FOUND_MS = 2_000;

type Place = { id: string; top: number };

type Drawn = {
  conversationId: string;
  ids: readonly string[];
  /** Whether the newest message is among those drawn. */
  isAtEnd: boolean;
  isLoaded: boolean;
  /** Where it was left before. */
  left: LeftPlace | undefined;
  /** Else the message to begin at; null for the end. */
  startAt: string | null;
};

/** Notes for the next time where somebody reads, too. */
export function useReadingPlace(box: RefObject<HTMLDivElement | null>, drawn: Drawn) {
  const isAtBottom = useSignal(true);
  const place = useRef<Place | null>(null);
  const hasBegun = useRef(false);
  const newestSeen = useRef<string>("");
  const isAtEnd = useRef(drawn.isAtEnd);

  const note = () => {
    const { current } = box;
    if (current === null || !hasBegun.current) return;
    place.current = placeIn(current);
    const left = current.scrollHeight - current.scrollTop - current.clientHeight;
    isAtBottom.value = isAtEnd.current && left <= BOTTOM_PX;
    const { conversationId } = drawn;
    if (place.current === null || isAtBottom.peek()) leftPlaces.delete(conversationId);
    else leftPlaces.set(conversationId, { ...place.current, seen: newestSeen.current });
  };

  const settle = () => {
    const { current } = box;
    if (current === null || !hasBegun.current) return;
    if (isAtBottom.peek()) current.scrollTop = current.scrollHeight;
    else keep(current, place.current);
  };

  // The last look at what is drawn before it changes.
  note();
  isAtEnd.current = drawn.isAtEnd;

  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return;
    if (!hasBegun.current && drawn.isLoaded) {
      hasBegun.current = true;
      const { left = null } = drawn;
      const isThere = left !== null && articleOf(current, left.id) !== null;
      if (isThere) keep(current, left);
      else begin(current, drawn.startAt);
      // What was there on opening is not news, seen or not.
      newestSeen.current = isThere ? left.seen : (drawn.ids.at(-1) ?? "");
      note();
    } else settle();
    if (isAtBottom.peek()) newestSeen.current = drawn.ids.at(-1) ?? "";
  });

  useEffect(() => {
    const content = box.current?.firstElementChild;
    if (content === null || content === undefined || box.current === null) return;
    const observer = new ResizeObserver(settle);
    observer.observe(content);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  return {
    isAtBottom,
    note,
    /** Messages that came while somebody read further up. */
    missed: isAtBottom.value ? 0 : drawn.ids.filter((id) => id > newestSeen.current).length,
    toBottom() {
      isAtBottom.value = true;
      settle();
    },
    /** Shows a message that is drawn, and gives it the focus. */
    toMessage(id: string) {
      const { current } = box;
      const article = current === null ? null : articleOf(current, id);
      if (current === null || article === null) return;
      current.scrollTop += offsetOf(current, article);
      note();
      article.focus({ preventScroll: true });
      article.animate(FOUND, FOUND_MS);
    },
  };
}

function begin(box: HTMLElement, startAt: string | null): void {
  const start = startAt === null ? null : articleOf(box, startAt);
  box.scrollTop = box.scrollHeight;
  if (start === null) return;
  // Where all unread messages fit on the screen, the end shows them.
  box.scrollTop += Math.min(0, offsetOf(box, start));
}

/** How far an article is below the place where reading begins. */
function offsetOf(box: HTMLElement, article: HTMLElement): number {
  const offset = article.getBoundingClientRect().top - box.getBoundingClientRect().top;
  return offset - box.clientHeight * START_AT;
}

/** The first message in view, and where it stands. */
function placeIn(box: HTMLElement): Place | null {
  const top = box.getBoundingClientRect().top;
  for (const article of box.querySelectorAll<HTMLElement>("[data-id]")) {
    const { bottom, top: at } = article.getBoundingClientRect();
    if (bottom > top) return { id: article.dataset["id"] ?? "", top: at - top };
  }
  return null;
}

function keep(box: HTMLElement, place: Place | null): void {
  const article = place === null ? null : articleOf(box, place.id);
  if (place === null || article === null) return;
  const top = article.getBoundingClientRect().top - box.getBoundingClientRect().top;
  const moved = top - place.top;
  // Less than half a pixel is rounding.
  if (Math.abs(moved) >= 0.5) box.scrollTop += moved;
}

function articleOf(box: HTMLElement, id: string): HTMLElement | null {
  return box.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
}

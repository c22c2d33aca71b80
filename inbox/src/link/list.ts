/** The list of conversations: its choice, and its pages. What changes afterwards, the feed brings. */
import { batch, computed, effect, signal } from "@preact/signals";
import {
  type Choice,
  type Horizon,
  lastOf,
  listQuery,
  type Position,
  positionIn,
} from "../state/list.ts";
import { conversationOf, isListed, listedIds, sweepRows, take } from "../state/live.ts";
import type { Conversation } from "../state/views.ts";
import { type Answer, ask } from "./api.ts";
import { whenChanged } from "./changes.ts";
import { forgetCounts, refreshCounts } from "./counts.ts";
import { type Loop, untilDone } from "./loop.ts";
import { askPages, type Page } from "./pages.ts";
import { paced } from "./paced.ts";
import { openThread } from "./thread.ts";

/** Fills the screen, and comes at once. */
const FIRST_PAGE = 50;

/** The API's largest: who scrolls far waits for fewer answers. */
const PAGE = 200;

/** Nothing that could be searched for, such as an accent without its letter: nobody is found by it. */
const UNPROCESSABLE = 422;

/** After a page that did not come. */
const MORE_AGAIN_MS = 5_000;

const NOTHING_CHOSEN: Choice = {
  tab: "open",
  unreadOnly: false,
  number: null,
  search: "",
  me: "",
};

/** What staff chose to see; a search looks in all tabs. */
export const choice = signal<Choice>(NOTHING_CHOSEN);

/** How the first page of this choice stands. */
export const loading = signal<"first" | "more" | "failed" | "done">("first");

const horizon = signal<Horizon>(null);
const cursor = signal<string | null>(null);
/** What a search found; null without one. */
const found = signal<ReadonlySet<string> | null>(null);
/** Grows with each choice: answers to an earlier one say nothing about this one. */
let round = 0;

/** The open conversation stays in the list until another one is opened. */
const kept = signal<Position | null>(null);

effect(() => {
  const conversation = openThread.value === null ? null : conversationOf(openThread.value);
  if (conversation !== null && isListed({ choice, found }, conversation)) {
    kept.value = positionIn(choice.value, conversation);
  } else if (kept.peek()?.id !== openThread.value) kept.value = null;
});

const shownIds = listedIds({ choice, horizon, found, kept });

let before: string[] = [];

/** The ids of the list, in order. A search leaves them until it has found others: one may have the focus. */
export const conversationIds = computed(() => {
  const isComing = loading.value === "first";
  if (!isComing || choice.value.search === "") before = isComing ? [] : shownIds.value;
  return before;
});

export const hasMore = computed(() => cursor.value !== null);

let isFollowed = false;
let loop: Loop | null = null;
/** Has what was shown before a reset removed, once it has come anew. */
let sweep: (() => void) | null = null;

export function choose(change: Partial<Choice>): void {
  batch(() => {
    choice.value = { ...choice.peek(), ...change };
    loading.value = "first";
    horizon.value = null;
    cursor.value = null;
    found.value = null;
    kept.value = null;
  });
  load();
}

/** Loads the list, until the function that it returns is called. */
export function followList(): () => void {
  isFollowed = true;
  load();
  refreshCounts();
  return () => {
    isFollowed = false;
    round += 1;
    loop?.stop();
  };
}

whenChanged({
  changed({ conversations }) {
    if (conversations.length > 0) searchAgain();
  },
  /** What is shown again, in the place of all but the open conversation. */
  reset() {
    const open = openThread.peek();
    sweep = () => sweepRows(open);
    load();
  },
});

/** After changes: what a search finds, only the server knows. */
const searchAgain = paced(async () => {
  if (choice.peek().search === "" || loading.peek() !== "done") return;
  const asking = round;
  const answer = await askPage({});
  if (asking !== round || answer.kind !== "ok") return;
  batch(() => {
    take({ version: answer.version, conversations: answer.body.data });
    remember(answer.body.data);
  });
});

function load(): void {
  round += 1;
  loop?.stop();
  if (isFollowed) loop = untilDone(loadFirst);
}

/** Without a pause, what is tried again by itself. */
export function loadAgain(): void {
  loop?.now();
}

/** The next page, towards the older. */
export async function loadMore(): Promise<void> {
  const { value: from } = cursor;
  if (from === null || loading.value !== "done") return;
  const asking = round;
  loading.value = "more";
  const answer = await askPage({ cursor: from });
  if (asking !== round) return;
  if (answer.kind === "ok") {
    const { data, next_cursor } = answer.body;
    batch(() => {
      take({ version: answer.version, conversations: data });
      remember(data);
      horizon.value = next_cursor === null ? null : lastOf(choice.peek(), data, horizon.value);
      cursor.value = next_cursor;
    });
  } else await new Promise((resolve) => setTimeout(resolve, MORE_AGAIN_MS));
  if (asking === round) loading.value = "done";
}

async function loadFirst(): Promise<boolean> {
  const asking = round;
  const shown = sweep === null ? 0 : shownIds.peek().length;
  const answer = await askPages(askPage, (data) => data.length < shown);
  if (asking !== round) return true;
  if (answer.kind === "refused" && answer.problem.status === UNPROCESSABLE) {
    batch(() => {
      found.value = new Set();
      loading.value = "done";
    });
    return true;
  }
  if (answer.kind !== "ok") {
    if (loading.value === "first") loading.value = "failed";
    return answer.kind === "signed_out";
  }
  const { data, next_cursor } = answer.body;
  batch(() => {
    take({ version: answer.version, conversations: data });
    found.value = choice.peek().search === "" ? null : new Set();
    remember(data);
    horizon.value = next_cursor === null ? null : lastOf(choice.peek(), data, null);
    cursor.value = next_cursor;
    loading.value = "done";
    sweep?.();
    sweep = null;
  });
  return true;
}

function askPage(more: { cursor?: string }): Promise<Answer<Page<Conversation>>> {
  const limit = String(more.cursor === undefined ? FIRST_PAGE : PAGE);
  return ask("GET", "conversations", {
    query: { ...listQuery(choice.peek()), limit, ...more },
  });
}

function remember(data: readonly Conversation[]): void {
  if (choice.peek().search === "" || found.value === null) return;
  found.value = new Set([...found.value, ...data.map(({ id }) => id)]);
}

/** Forgets the list and how it was chosen, at sign-out. */
export function forgetList(): void {
  forgetCounts();
  choose(NOTHING_CHOSEN);
}

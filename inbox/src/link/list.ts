/** The list of conversations: its choice, its pages, and the poll that keeps its top true. */
import { batch, computed, signal } from "@preact/signals";
import { moveDraft } from "../storage/drafts.ts";
import {
  type Choice,
  fits,
  type Horizon,
  inOrder,
  lastOf,
  listQuery,
  type Position,
  positionIn,
} from "../state/list.ts";
import { conversationOf, listedIds, take } from "../state/live.ts";
import type { Conversation } from "../state/views.ts";
import { type Answer, ask } from "./api.ts";
import { counts, refreshCounts } from "./counts.ts";
import { type Loop, repeat } from "./loop.ts";
import { moveEntries } from "./sending.ts";

type Page = { data: Conversation[]; next_cursor: string | null };

/** The API's own default. */
const PAGE = 50;

const PACE = { visibleMs: 5_000, hiddenMs: 30_000 };

/** At most so many conversations are asked for one by one after a poll. */
const RECONCILED = 10;

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
let newestSeen: Position | null = null;
/** Grows with each choice: answers to an earlier one say nothing about this one. */
let round = 0;

const shownIds = listedIds(choice, horizon, found);

/** The ids of the list, in order. */
export const conversationIds = computed(() => (loading.value === "first" ? [] : shownIds.value));

export const hasMore = computed(() => cursor.value !== null);

export function choose(change: Partial<Choice>): void {
  round += 1;
  batch(() => {
    choice.value = { ...choice.peek(), ...change };
    loading.value = "first";
    horizon.value = null;
    cursor.value = null;
    found.value = null;
  });
  newestSeen = null;
  loop?.now();
}

let loop: Loop | null = null;

/** Keeps the list up to date until the function that it returns is called. */
export function followList(): () => void {
  loop = repeat(async () => {
    await Promise.all([poll(), refreshCounts()]);
  }, PACE);
  return () => {
    loop?.stop();
    loop = null;
  };
}

/** After something that staff did: shows what it changed. */
export function refreshList(): void {
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
      take({ asked: answer.asked, conversations: data });
      remember(data);
      horizon.value = next_cursor === null ? null : lastOf(choice.peek(), data, horizon.value);
      cursor.value = next_cursor;
    });
  } else await new Promise((resolve) => setTimeout(resolve, PACE.visibleMs));
  if (asking === round) loading.value = "done";
}

async function poll(): Promise<void> {
  const asking = round;
  const answer = await askPage({});
  if (asking !== round) return;
  if (answer.kind !== "ok") {
    if (loading.value === "first") loading.value = "failed";
    return;
  }
  const { data, next_cursor } = answer.body;
  const isFirst = loading.peek() === "first" || loading.peek() === "failed";
  const before = shownIds.peek();
  const end = lastOf(choice.peek(), data, null);
  batch(() => {
    take({ asked: answer.asked, conversations: data });
    if (isFirst) found.value = choice.peek().search === "" ? null : new Set();
    remember(data);
    // More came than a page holds: what lies between is loaded anew.
    const hasGap = end !== null && newestSeen !== null && isBefore(end, newestSeen);
    if (isFirst || next_cursor === null || hasGap) {
      horizon.value = next_cursor === null ? null : end;
      cursor.value = next_cursor;
    }
    if (loading.peek() !== "more") loading.value = "done";
  });
  newestSeen = firstOf(data, newestSeen);
  await reconcile(before, data, next_cursor === null ? null : end);
}

function askPage(more: Record<string, string>): Promise<Answer<Page>> {
  return ask<Page>("GET", "conversations", {
    query: { ...listQuery(choice.peek()), limit: String(PAGE), ...more },
  });
}

function remember(data: readonly Conversation[]): void {
  if (choice.peek().search === "" || found.value === null) return;
  found.value = new Set([...found.value, ...data.map(({ id }) => id)]);
}

/** Asks for what the page should have shown and did not: it left the view, merged, or is erased. */
async function reconcile(
  shown: readonly string[],
  data: readonly Conversation[],
  end: Position | null,
): Promise<void> {
  const listed = new Set(data.map(({ id }) => id));
  const missing = shown.filter((id) => {
    const known = conversationOf(id);
    if (known === null || listed.has(id) || !fits(choice.peek(), known)) return false;
    return end === null || isBefore(positionIn(choice.peek(), known), end);
  });
  await Promise.all(missing.slice(0, RECONCILED).map(lookUp));
}

/** Forgets the list and how it was chosen, at sign-out. */
export function forgetList(): void {
  counts.value = null;
  choose(NOTHING_CHOSEN);
}

/** Asks for one conversation; returns its id, which is another's after a merge, or null if it is gone. */
export async function lookUp(id: string): Promise<string | null> {
  const answer = await ask<Conversation>("GET", `conversations/${encodeURIComponent(id)}`);
  if (answer.kind === "refused" && answer.problem.status === 404) {
    take({ asked: answer.asked, gone: [id] });
    return null;
  }
  if (answer.kind !== "ok") return id;
  const { body, asked } = answer;
  take({ asked, conversations: [body], ...(body.id === id ? {} : { gone: [id] }) });
  if (body.id !== id) {
    moveDraft(id, body.id);
    moveEntries(id, body.id);
  }
  return body.id;
}

function isBefore(one: Position, other: Position): boolean {
  return inOrder(choice.peek())(one, other) < 0;
}

/** The first in the order of the list. */
function firstOf(data: readonly Conversation[], before: Position | null): Position | null {
  return data
    .map((conversation) => positionIn(choice.peek(), conversation))
    .reduce(
      (first: Position | null, each) => (first === null || isBefore(each, first) ? each : first),
      before,
    );
}

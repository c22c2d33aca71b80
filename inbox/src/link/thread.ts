/** One conversation's messages: the newest page first, older ones on demand, and a poll that closes every gap. */
import { type Signal, signal } from "@preact/signals";
import { loadedMessages, take } from "../state/live.ts";
import type { Conversation, Message } from "../state/views.ts";
import { type Answer, ask } from "./api.ts";
import { lookUp, refreshList } from "./list.ts";
import { type Loop, repeat } from "./loop.ts";

type Page = { data: Message[]; next_cursor: string | null };

export type Loaded = "no" | "some" | "all";

const PAGE = 50;

/** The API's largest page. */
const LONG_PAGE = 200;

/** The next poll goes on from there. */
const LONG_PAGES = 25;

const PACE = { visibleMs: 3_000, hiddenMs: 30_000 };

/** Statuses that another one follows soon. */
const UNSETTLED = new Set(["scheduled", "queued", "pending", "accepted", "sent", "unconfirmed"]);

/** So many older unsettled messages are asked for at each poll. */
const LOOKED_UP = 5;

type Thread = {
  older: string | null;
  /** Up to this message nothing is missing; single ones may be known beyond it, such as those sent from here. */
  complete: string | null;
  loaded: Signal<Loaded>;
  isLoading: boolean;
};

const threads = new Map<string, Thread>();

let followed: Loop | null = null;

/** Whether there are older messages to load. */
export function loadedOf(conversationId: string): Signal<Loaded> {
  return threadOf(conversationId).loaded;
}

/**
 * Keeps a conversation up to date until the function that it returns is called; `moved` is called if it
 * has become part of another one.
 */
export function followThread(conversationId: string, moved: (id: string) => void): () => void {
  const loop = repeat(async () => {
    const [id] = await Promise.all([lookUp(conversationId), poll(conversationId)]);
    if (id !== null && id !== conversationId) moved(id);
  }, PACE);
  followed = loop;
  return () => {
    loop.stop();
    if (followed === loop) followed = null;
  };
}

/** After something that staff did. */
export function refreshThread(): void {
  followed?.now();
  refreshList();
}

export async function loadOlder(conversationId: string): Promise<void> {
  const thread = threadOf(conversationId);
  const { older } = thread;
  if (older === null || thread.isLoading) return;
  thread.isLoading = true;
  const answer = await askPage(conversationId, { cursor: older, limit: String(PAGE) });
  if (answer.kind === "ok") {
    // The cursor first: who sees the messages may ask for the next ones at once.
    thread.older = answer.body.next_cursor;
    thread.isLoading = false;
    take({ asked: answer.asked, messages: answer.body.data });
    thread.loaded.value = answer.body.next_cursor === null ? "all" : "some";
  }
  thread.isLoading = false;
}

/** Tells the server, and so Meta and the colleagues, how far somebody has read; false if it did not take that. */
export async function markRead(conversationId: string, upTo: string): Promise<boolean> {
  const answer = await ask<Conversation>("POST", `conversations/${conversationId}/read`, {
    body: { up_to: upTo },
  });
  if (answer.kind === "ok") take({ asked: answer.asked, conversations: [answer.body] });
  return answer.kind === "ok";
}

export async function changeStatus(
  conversationId: string,
  status: Conversation["status"],
): Promise<void> {
  await change(conversationId, { status });
}

/** Gives a conversation to somebody, or to nobody. */
export async function assign(conversationId: string, assignee: string | null): Promise<void> {
  await change(conversationId, { assignee });
}

async function change(
  conversationId: string,
  body: Partial<Pick<Conversation, "status" | "assignee">>,
): Promise<void> {
  const answer = await ask<Conversation>("PATCH", `conversations/${conversationId}`, { body });
  if (answer.kind === "ok") take({ asked: answer.asked, conversations: [answer.body] });
  refreshThread();
}

/** Takes back a message that has not left. */
export async function cancelMessage({ id }: Message): Promise<void> {
  const answer = await ask<Message>("DELETE", `messages/${id}`);
  if (answer.kind === "ok") take({ asked: answer.asked, messages: [answer.body] });
  refreshThread();
}

/** Forgets all threads, at sign-out. */
export function forgetThreads(): void {
  threads.clear();
}

async function poll(conversationId: string): Promise<void> {
  const thread = threadOf(conversationId);
  const before = loadedMessages(conversationId);
  const answer = await askPage(conversationId, { limit: String(PAGE) });
  if (answer.kind !== "ok") return;
  const { data, next_cursor } = answer.body;
  const isFirst = thread.loaded.peek() === "no" || thread.complete === null;
  const oldestListed = data.at(-1)?.id ?? "";
  const hasGap = thread.complete !== null && next_cursor !== null && oldestListed > thread.complete;
  // What is newest would hide that something is missing before it.
  if (hasGap && !(await catchUp(conversationId, thread))) return;
  thread.complete = newestId(data) ?? thread.complete;
  take({ asked: answer.asked, messages: data });
  if (isFirst) {
    thread.older = next_cursor;
    thread.loaded.value = next_cursor === null ? "all" : "some";
  }
  await lookUpUnsettled(before, oldestListed);
}

/** Loads what came since, oldest first; false if there is still more, so that the thread never has a hole. */
async function catchUp(conversationId: string, thread: Thread): Promise<boolean> {
  for (let page = 0; page < LONG_PAGES; page += 1) {
    const after = thread.complete ?? "";
    const answer = await askPage(conversationId, { after, limit: String(LONG_PAGE) });
    if (answer.kind !== "ok") return false;
    const { data } = answer.body;
    take({ asked: answer.asked, messages: data });
    thread.complete = newestId(data) ?? after;
    if (data.length < LONG_PAGE) return true;
  }
  return false;
}

async function lookUpUnsettled(known: readonly Message[], oldestListed: string): Promise<void> {
  const unsettled = known
    .filter(
      ({ id, direction, status }) =>
        id < oldestListed && direction === "outbound" && UNSETTLED.has(status),
    )
    .slice(-LOOKED_UP);
  await Promise.all(
    unsettled.map(async ({ id }) => {
      const answer = await ask<Message>("GET", `messages/${id}`);
      if (answer.kind === "ok") take({ asked: answer.asked, messages: [answer.body] });
    }),
  );
}

function askPage(conversationId: string, query: Record<string, string>): Promise<Answer<Page>> {
  return ask<Page>("GET", `conversations/${encodeURIComponent(conversationId)}/messages`, {
    query,
  });
}

function threadOf(conversationId: string): Thread {
  const known = threads.get(conversationId);
  if (known !== undefined) return known;
  const thread: Thread = {
    older: null,
    complete: null,
    loaded: signal<Loaded>("no"),
    isLoading: false,
  };
  threads.set(conversationId, thread);
  return thread;
}

function newestId(messages: readonly Message[]): string | null {
  return messages.reduce<string | null>(
    (newest, { id }) => (newest === null || id > newest ? id : newest),
    null,
  );
}

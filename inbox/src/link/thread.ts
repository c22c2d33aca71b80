/** One conversation's messages: the newest page first, older ones on demand. What changes afterwards, the feed brings. */
import { batch, type Signal, signal } from "@preact/signals";
import { dropThread, keepThread, peekConversation, sweepThread, take } from "../state/live.ts";
import { leftPlaces } from "../state/places.ts";
import type { Conversation, Message } from "../state/views.ts";
import { draftOf, moveDraft } from "../storage/drafts.ts";
import { type Answer, ask } from "./api.ts";
import { whenChanged } from "./changes.ts";
import { type Loop, untilDone } from "./loop.ts";
import { askPages, type Page } from "./pages.ts";
import { moveEntries, outbox } from "./sending.ts";

export type Loaded = "no" | "some" | "all";

const PAGE = 50;

/** After all ids: nothing is loaded yet, and messages that the feed brings wait. */
const NOTHING = "\u{10FFFF}";

type Thread = {
  older: string | null;
  loaded: Signal<Loaded>;
  /** The oldest message that is loaded without a gap; empty for all. */
  from: Signal<string>;
  /** Asks for the page of older messages that somebody scrolled for; null for none. */
  loading: Loop | null;
  /** Whether what somebody opened or scrolled for does not come. */
  fails: Signal<boolean>;
  /** Grows whenever it is loaded anew: pages that were asked for before say nothing about it. */
  turn: number;
};

/** Those that somebody has opened: the feed keeps them true from then on. */
const threads = new Map<string, Thread>();

type Open = { id: string; moved: (id: string) => void; messages: Loop | null; row: Loop | null };

let open: Open | null = null;

/** Whether there are older messages to load. */
export function loadedOf(conversationId: string): Signal<Loaded> {
  return threadOf(conversationId).loaded;
}

/** The oldest message to show; what the store has of older ones waits for its page. */
export function shownFrom(conversationId: string): string {
  return threadOf(conversationId).from.value;
}

/** The id of the conversation that somebody looks at. */
export const openThread = signal<string | null>(null);

/**
 * Loads a conversation, unless it is loaded, until the function that it returns is called; `moved` is called
 * if it has become part of another one.
 */
export function followThread(id: string, moved: (id: string) => void): () => void {
  const opened: Open = { id, moved, messages: null, row: null };
  open = opened;
  openThread.value = id;
  if (threadOf(id).loaded.peek() === "no") loadAnew(opened);
  lookUpAnew(opened);
  return () => {
    opened.messages?.stop();
    opened.row?.stop();
    if (open !== opened) return;
    open = null;
    openThread.value = null;
  };
}

/** The next page of older messages; what does not come is asked for again while the conversation is open. */
export function loadOlder(conversationId: string): void {
  const thread = threadOf(conversationId);
  const { older, turn } = thread;
  if (older === null || thread.loading !== null) return;
  thread.loading = untilDone(async () => {
    const isDone = await askOlder(conversationId, older, turn);
    if (isDone) {
      thread.loading = null;
      thread.fails.value = false;
    }
    return isDone;
  });
}

/** True once nobody waits for it any more. */
async function askOlder(id: string, cursor: string, turn: number): Promise<boolean> {
  const thread = threadOf(id);
  if (open?.id !== id || thread.turn !== turn) return true;
  const answer = await askPage(id, { cursor });
  if (thread.turn !== turn) return true;
  if (answer.kind === "ok") show(id, thread, answer);
  thread.fails.value = answer.kind !== "ok";
  return answer.kind === "ok" || isFinal(answer);
}

export function threadFails(conversationId: string): Signal<boolean> {
  return threadOf(conversationId).fails;
}

/** Without a pause, what is tried again by itself. */
export function loadThreadAgain(conversationId: string): void {
  for (const loop of [open?.messages, open?.row, threadOf(conversationId).loading]) loop?.now();
}

/** Tells the server, and so Meta and the colleagues, how far somebody has read; false if it did not take that. */
export async function markRead(conversationId: string, upTo: string): Promise<boolean> {
  const answer = await ask<Conversation>("POST", `conversations/${conversationId}/read`, {
    body: { up_to: upTo },
  });
  if (answer.kind === "ok") take({ version: answer.version, conversations: [answer.body] });
  return answer.kind === "ok";
}

/** What somebody wanted done and the server did not do, by what the words say of it; null for what is done. */
export type Undone = "notChanged" | "notCanceled" | "alreadyLeft" | null;

/** Changes its status, or gives it to somebody or to nobody. */
export async function changeConversation(
  conversationId: string,
  body: Partial<Pick<Conversation, "status" | "assignee">>,
): Promise<Undone> {
  const answer = await ask<Conversation>("PATCH", `conversations/${conversationId}`, { body });
  if (answer.kind === "ok") take({ version: answer.version, conversations: [answer.body] });
  return isSettled(answer) ? null : "notChanged";
}

/** Takes back a message that has not left. */
export async function cancelMessage({ id }: Message): Promise<Undone> {
  const answer = await ask<Message>("DELETE", `messages/${id}`);
  if (answer.kind === "ok") take({ version: answer.version, messages: [answer.body] });
  if (isSettled(answer)) return null;
  const hasLeft = answer.kind === "refused" && answer.problem.status === CONFLICT;
  return hasLeft ? "alreadyLeft" : "notCanceled";
}

/** Where the session is over, the sign-in says so. */
function isSettled({ kind }: Answer<unknown>): boolean {
  return kind === "ok" || kind === "signed_out";
}

/** Forgets all threads, at sign-out. */
export function forgetThreads(): void {
  threads.clear();
  leftPlaces.clear();
}

whenChanged({
  changed({ gone }) {
    for (const id of gone) if (threads.delete(id) || hasTexts(id)) findSurvivor(id);
    if (open !== null && gone.includes(open.id)) {
      open.messages?.stop();
      open.messages = null;
    }
    if (open !== null) loadReturned(open);
  },
  reset() {
    for (const id of threads.keys()) {
      if (open?.id === id) continue;
      threads.delete(id);
      dropThread(id);
    }
    if (open === null) return;
    loadAnew(open);
    lookUpAnew(open);
  },
});

/** Loads a conversation that was gone while it was open, once its customer has written anew. */
function loadReturned(opened: Open): void {
  if (opened.messages !== null || peekConversation(opened.id) === null) return;
  if (threadOf(opened.id).loaded.peek() === "no") loadAnew(opened);
}

/** Whether something is written here that must not be lost with its conversation. */
function hasTexts(id: string): boolean {
  const isWaiting = outbox.peek().some(({ conversation_id }) => conversation_id === id);
  return isWaiting || draftOf(id).peek() !== "";
}

/** A conversation that is gone may have become part of another. */
function findSurvivor(id: string): void {
  if (open?.id === id) lookUpAnew(open);
  else untilDone(async () => (await lookUp(id)) !== null);
}

function loadAnew(opened: Open): void {
  const { id } = opened;
  const thread = threadOf(id);
  thread.older = null;
  thread.turn += 1;
  const { turn } = thread;
  opened.messages?.stop();
  opened.messages = untilDone(async () => {
    const from = thread.from.peek();
    const answer = await askPages(
      (more) => askPage(id, more),
      (data) => from < (data.at(-1)?.id ?? ""),
    );
    if (thread.turn !== turn) return true;
    if (answer.kind === "ok") show(id, thread, answer);
    else if (thread.loaded.peek() === "no") thread.fails.value = true;
    return answer.kind === "ok" || isFinal(answer);
  });
}

function lookUpAnew(opened: Open): void {
  opened.row?.stop();
  opened.row = untilDone(async () => {
    const survivor = await lookUp(opened.id);
    const { fails, loaded } = threadOf(opened.id);
    if (survivor === null && peekConversation(opened.id) === null) fails.value = true;
    else if (loaded.peek() !== "no") fails.value = false;
    if (open === opened) {
      if (survivor === opened.id) loadReturned(opened);
      else if (survivor !== null) opened.moved(survivor);
    }
    return survivor !== null;
  });
}

/** Its id, which is another's after a merge, also if it is gone; null if the server can't say now. */
async function lookUp(id: string): Promise<string | null> {
  const answer = await ask<Conversation>("GET", `conversations/${encodeURIComponent(id)}`);
  if (answer.kind !== "ok") {
    if (answer.kind !== "refused" || answer.problem.status !== NOT_FOUND) {
      return isFinal(answer) ? id : null;
    }
    take({ version: answer.version, gone: [id] });
    return id;
  }
  const { body, version } = answer;
  take({ version, conversations: [body], ...(body.id === id ? {} : { gone: [id] }) });
  if (body.id !== id) {
    moveDraft(id, body.id);
    moveEntries(id, body.id);
  }
  return body.id;
}

const NOT_FOUND = 404;
const CONFLICT = 409;

/** Whether asking again would change nothing. */
function isFinal(answer: Exclude<Answer<unknown>, { kind: "ok" }>): boolean {
  if (answer.kind === "refused") return answer.problem.status === NOT_FOUND;
  return answer.kind === "signed_out";
}

function show(
  id: string,
  thread: Thread,
  answer: Extract<Answer<Page<Message>>, { kind: "ok" }>,
): void {
  const { data, next_cursor: older } = answer.body;
  batch(() => {
    // The cursor first: who sees the messages may ask for the next ones at once.
    thread.older = older;
    take({ version: answer.version, messages: data });
    sweepThread(id);
    thread.from.value = older === null ? "" : (data.at(-1)?.id ?? thread.from.peek());
    thread.loaded.value = older === null ? "all" : "some";
    thread.fails.value = false;
  });
}

function askPage(
  conversationId: string,
  more: { cursor?: string },
): Promise<Answer<Page<Message>>> {
  return ask("GET", `conversations/${encodeURIComponent(conversationId)}/messages`, {
    query: { ...more, limit: String(PAGE) },
  });
}

function threadOf(conversationId: string): Thread {
  const known = threads.get(conversationId);
  if (known !== undefined) return known;
  const thread: Thread = {
    older: null,
    loaded: signal<Loaded>("no"),
    from: signal(NOTHING),
    loading: null,
    fails: signal(false),
    turn: 0,
  };
  threads.set(conversationId, thread);
  keepThread(conversationId);
  return thread;
}

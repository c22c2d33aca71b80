/** The store as signals: what is on screen follows what a frame changed, and nothing else. */
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  apply,
  type Changed,
  emptyStore,
  expire,
  expireThread,
  forgetGone,
  type Frame,
  sweepConversations,
  sweepMessages,
  type Version,
} from "./apply.ts";
import { type Choice, fits, type Horizon, orderedIds, type Position } from "./list.ts";
import { type Changes, type Reset, type Step, step } from "./feed.ts";
import { isBubble, targetOf } from "../text/describe.ts";
import { cameToNothing } from "./answers.ts";
import type { Conversation, LastMessage, Message } from "./views.ts";

let store = emptyStore();
let lastAsked = 0;
let seen = 0;
/** The last request at the last sweep. */
let sweptAt = 0;

/** A counter for everything that can change, made when something first looks at it. */
class Versions {
  readonly #signals = new Map<string, Signal<number>>();

  look(id: string): void {
    const known = this.#signals.get(id) ?? signal(0);
    this.#signals.set(id, known);
    void known.value;
  }

  raise(ids: Iterable<string>): void {
    for (const id of ids) {
      const known = this.#signals.get(id);
      if (known !== undefined) known.value += 1;
    }
  }

  raiseAll(): void {
    this.raise(this.#signals.keys());
  }
}

const rows = new Versions();
const threads = new Versions();
const messages = new Versions();
const list = signal(0);

/** The ids of our reactions, by what Meta calls the message that they are about. */
const reactionIds = new Map<string, Set<string>>();

/** The last change of the server's log that the page has seen. */
export function seenUpTo(): number {
  return seen;
}

/** Takes the place in the log from which a new page goes on. */
export function goOnFrom(seq: number): void {
  seen = seq;
}

/** Conversations whose messages somebody has opened: of others a part would pass for the whole. */
const opened = new Set<string>();

/** Keeps what the log has of the messages of a conversation from now on. */
export function keepThread(conversationId: string): void {
  opened.add(conversationId);
}

/** Forgets the messages of a conversation. */
export function dropThread(conversationId: string): void {
  opened.delete(conversationId);
  expireThread(store, conversationId);
  sweepThread(conversationId);
}

/** Takes what the log has; after a reset all that is shown stays until it has come anew, or is swept. */
export function takeChanges(frame: Changes | Reset): Step["kind"] {
  const next = step(seen, frame);
  if (next.kind !== "gap") seen = next.seq;
  if (frame.t === "reset") expire(store);
  else {
    const kept = frame.messages.filter(({ conversation_id: id }) => opened.has(id));
    // A frame that comes late knows no more than when it was read.
    take({ ...frame, messages: kept, version: { ...nextVersion(), seq: frame.to } });
  }
  return next.kind;
}

/** What a request will know at least, taken before it is made. */
export function nextVersion(): Version {
  lastAsked += 1;
  return { seq: seen, asked: lastAsked };
}

/** Takes views from the server, wherever they come from. */
export function take(frame: Frame): void {
  const { seq, asked } = frame.version;
  // What was asked for before a reset says nothing of the log after it.
  const changed = apply(store, { ...frame, version: { seq: Math.min(seq, seen), asked } });
  for (const message of frame.messages ?? []) {
    const target = targetOf(message);
    if (target === null || !changed.messages.has(message.id)) continue;
    reactionIds.set(target, (reactionIds.get(target) ?? new Set()).add(message.id));
    changed.messages.add(target);
  }
  follow(changed);
}

function follow(changed: Changed): void {
  batch(() => {
    rows.raise(changed.rows);
    threads.raise(changed.threads);
    messages.raise(changed.messages);
    if (changed.rows.size > 0) list.value += 1;
  });
}

/** Removes the conversations that did not come anew, but for the open one. */
export function sweepRows(but: string | null): void {
  follow(sweepConversations(store, but));
}

/** Forgets what had gone by the last call: answers take less time than passes between two. */
export function sweepGone(but: string | null): void {
  forgetGone(store, sweptAt, but);
  sweptAt = lastAsked;
}

export function sweepThread(conversationId: string): void {
  follow(sweepMessages(store, conversationId));
}

/** Forgets everything, at sign-out. */
export function forgetAll(): void {
  store = emptyStore();
  seen = 0;
  opened.clear();
  reactionIds.clear();
  batch(() => {
    for (const versions of [rows, threads, messages]) versions.raiseAll();
    list.value += 1;
  });
}

export function conversationOf(id: string): Conversation | null {
  rows.look(id);
  return store.conversations.get(id)?.view ?? null;
}

/** A conversation without following its changes. */
export function peekConversation(id: string): Conversation | null {
  return store.conversations.get(id)?.view ?? null;
}

export function lastMessageOf(id: string): LastMessage | null {
  rows.look(id);
  return store.lastMessages.get(id)?.view ?? null;
}

export function isGone(id: string): boolean {
  rows.look(id);
  return store.gone.has(id) && !store.conversations.has(id);
}

export function messageOf(conversationId: string, id: string): Message | null {
  messages.look(id);
  return store.messages.get(conversationId)?.get(id)?.view ?? null;
}

/** A message as it is now. */
export function messageNow({ conversation_id, id }: Message): Message | null {
  return messageOf(conversation_id, id);
}

/** The ids of the messages from this one on, oldest first: ids sort by time. */
export function messageIdsOf(
  conversationId: string,
  from: string,
  isWanted: (message: Message) => boolean,
): string[] {
  threads.look(conversationId);
  return loadedMessages(conversationId)
    .filter((message) => message.id >= from && isWanted(message))
    .map(({ id }) => id)
    .toSorted();
}

/** Those that have a bubble. */
export function bubbleIdsOf(conversationId: string, from: string): string[] {
  return messageIdsOf(conversationId, from, isBubble);
}

/** Our reactions to a message, as far as they are loaded, oldest first. */
export function reactionsTo({ conversation_id, wamid }: Message): Message[] {
  if (wamid === null) return [];
  messages.look(wamid);
  return [...(reactionIds.get(wamid) ?? [])]
    .toSorted()
    .flatMap((id) => peekMessage(conversation_id, id) ?? []);
}

/** Whether a message was sent again, and that did not come to nothing. */
export function isSentAgain({ conversation_id, id }: Message): boolean {
  threads.look(conversation_id);
  return loadedMessages(conversation_id)
    .filter(({ resend_of }) => resend_of === id)
    .some(({ id: again }) => {
      const message = messageOf(conversation_id, again);
      return message !== null && !cameToNothing(message);
    });
}

/** A message without following its changes: for what never changes of it. */
export function peekMessage(conversationId: string, id: string): Message | null {
  return store.messages.get(conversationId)?.get(id)?.view ?? null;
}

/** The loaded messages themselves, without following their changes. */
export function loadedMessages(conversationId: string): Message[] {
  return [...(store.messages.get(conversationId)?.values() ?? [])].map(({ view }) => view);
}

/** What decides which conversations a list has. */
export type Listing = {
  choice: ReadonlySignal<Choice>;
  horizon: ReadonlySignal<Horizon>;
  /** What a search found; null without one. */
  found: ReadonlySignal<ReadonlySet<string> | null>;
  /** Where the open conversation was when it last belonged here. */
  kept: ReadonlySignal<Position | null>;
};

/** The conversations of a list, in order. */
export function listedIds(listing: Listing): ReadonlySignal<string[]> {
  return computed(() => {
    void list.value;
    const isShown = (conversation: Conversation) => isListed(listing, conversation);
    const { choice, horizon, kept } = listing;
    return orderedIds(allConversations(), choice.value, isShown, horizon.value, kept.value);
  });
}

/** Whether a conversation belongs into a list; into a search's, once that has found it. */
export function isListed(
  { choice, found }: Pick<Listing, "choice" | "found">,
  conversation: Conversation,
): boolean {
  const isFound = choice.value.search === "" || found.value?.has(conversation.id) === true;
  return isFound && fits(choice.value, conversation);
}

function* allConversations(): Iterable<Conversation> {
  for (const { view } of store.conversations.values()) yield view;
}

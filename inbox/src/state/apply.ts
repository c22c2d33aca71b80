/**
 * What the page knows, and the one way into it. First load, poll, socket and the answers to what staff do are
 * all frames; a view gives way only to one that knows at least as much, so frames may come in any order, twice,
 * or in parts. Pure.
 */
import type { Conversation, LastMessage, Message } from "./views.ts";

/** How much a frame knows, at least. */
export type Version = {
  /** All changes of the server's log up to this one. */
  readonly seq: number;
  /** Grows with each request of this page, and each frame that comes: decides where `seq` is the same. */
  readonly asked: number;
};

/** Views as the server had them. */
export type Frame = {
  version: Version;
  conversations?: readonly Conversation[];
  messages?: readonly Message[];
  /** Conversations and messages that are no more: erased, merged into another, or given another id. */
  gone?: readonly string[];
};

type Known<View> = { readonly view: View; readonly version: Version };

export type Store = {
  readonly conversations: Map<string, Known<Conversation>>;
  readonly lastMessages: Map<string, Known<LastMessage | null>>;
  /** By conversation, then by id. */
  readonly messages: Map<string, Map<string, Known<Message>>>;
  readonly gone: Map<string, Version>;
};

/** What may look different now. */
export type Changed = {
  /** Conversations whose row changed, came or went. */
  rows: Set<string>;
  /** Conversations that have other messages. */
  threads: Set<string>;
  /** Messages that changed. */
  messages: Set<string>;
};

export function emptyStore(): Store {
  return {
    conversations: new Map(),
    lastMessages: new Map(),
    messages: new Map(),
    gone: new Map(),
  };
}

/** Puts a frame into the store. */
export function apply(store: Store, frame: Frame): Changed {
  const { version } = frame;
  const changed = nothingChanged();
  for (const id of frame.gone ?? []) forget(store, id, version, changed);
  for (const view of frame.conversations ?? []) {
    const { last_message: lastMessage, ...conversation } = view;
    if (isGone(store, view.id, version)) continue;
    if (put(store.conversations, view.id, conversation, version)) changed.rows.add(view.id);
    if (lastMessage !== undefined && put(store.lastMessages, view.id, lastMessage, version)) {
      changed.rows.add(view.id);
    }
  }
  for (const view of frame.messages ?? []) {
    const id = view.conversation_id;
    if (isGone(store, id, version) || isGone(store, view.id, version)) continue;
    const thread = store.messages.get(id) ?? new Map<string, Known<Message>>();
    store.messages.set(id, thread);
    const isNew = !thread.has(view.id);
    if (put(thread, view.id, view, version)) changed.messages.add(view.id);
    if (isNew) changed.threads.add(id);
  }
  return changed;
}

/** After a reset anything is newer than what the page has. */
const STALE: Version = { seq: -1, asked: 0 };

/** Makes all views give way to whatever comes next; they stay until then, or until they are swept. */
export function expire(store: Store): void {
  expireAll(store.conversations);
  expireAll(store.lastMessages);
  for (const thread of store.messages.values()) expireAll(thread);
  store.gone.clear();
}

/** Makes the messages of one conversation give way. */
export function expireThread(store: Store, conversationId: string): void {
  expireAll(store.messages.get(conversationId) ?? new Map());
}

/**
 * Forgets what has gone, but for the open conversation, whose page says so: it only keeps away what was asked for
 * earlier, and of that nothing can still be under way.
 *
 * @param upTo the number of the last request that can no longer be answered
 */
export function forgetGone(store: Store, upTo: number, but: string | null): void {
  for (const [id, { asked }] of store.gone) {
    if (asked <= upTo && id !== but) store.gone.delete(id);
  }
}

function expireAll<View>(views: Map<string, Known<View>>): void {
  for (const [id, { view }] of views) views.set(id, { view, version: STALE });
}

/** Removes the conversations that have not come anew, but for one. */
export function sweepConversations(store: Store, but: string | null): Changed {
  const changed = nothingChanged();
  for (const [id, { version }] of store.conversations) {
    if (version !== STALE || id === but) continue;
    store.conversations.delete(id);
    store.lastMessages.delete(id);
    changed.rows.add(id);
  }
  return changed;
}

/** Removes the messages of a conversation that have not come anew. */
export function sweepMessages(store: Store, conversationId: string): Changed {
  const changed = nothingChanged();
  const thread = store.messages.get(conversationId) ?? new Map<string, Known<Message>>();
  for (const [id, { version }] of thread) {
    if (version === STALE && thread.delete(id)) changed.threads.add(conversationId);
  }
  return changed;
}

function nothingChanged(): Changed {
  return { rows: new Set(), threads: new Set(), messages: new Set() };
}

/** Whether an id is reported gone by more than this version knows: a customer may write anew. */
function isGone(store: Store, id: string, version: Version): boolean {
  const gone = store.gone.get(id);
  return gone !== undefined && knowsMore(gone, version);
}

function forget(store: Store, id: string, version: Version, changed: Changed): void {
  const before = store.gone.get(id);
  if (before !== undefined && !knowsMore(version, before)) return;
  store.gone.set(id, version);
  // A page that waits for one that never came learns it too.
  if (removeBefore(store.conversations, id, version) || before === undefined) changed.rows.add(id);
  removeBefore(store.lastMessages, id, version);
  for (const [conversationId, messages] of store.messages) {
    if (removeBefore(messages, id, version)) changed.threads.add(conversationId);
  }
  const thread = store.messages.get(id);
  if (thread === undefined) return;
  for (const messageId of thread.keys()) {
    if (removeBefore(thread, messageId, version)) changed.threads.add(id);
  }
  if (thread.size === 0) store.messages.delete(id);
}

/** A view of the same frame stays: it is there again. */
function removeBefore(views: Map<string, Known<unknown>>, id: string, version: Version): boolean {
  const known = views.get(id);
  return known !== undefined && knowsMore(version, known.version) && views.delete(id);
}

/** True if the view is news. */
function put<View>(
  views: Map<string, Known<View>>,
  id: string,
  view: View,
  version: Version,
): boolean {
  const known = views.get(id);
  if (known !== undefined && knowsMore(known.version, version)) return false;
  const isSame = known !== undefined && JSON.stringify(known.view) === JSON.stringify(view);
  // The same object stays: who shows it need not show it again.
  views.set(id, { view: isSame ? known.view : view, version });
  return !isSame;
}

function knowsMore(one: Version, other: Version): boolean {
  return one.seq === other.seq ? one.asked > other.asked : one.seq > other.seq;
}

/**
 * What the page knows, and the one way into it. First load, poll and the answers to what staff do are all
 * frames; a view gives way only to one that was asked for later, so frames may come in any order, twice, or
 * in parts. Pure.
 */
import type { Conversation, LastMessage, Message } from "./views.ts";

/** Views as the server had them when it was asked. */
export type Frame = {
  /** Grows with each request of this page: a later one knows at least as much. */
  asked: number;
  conversations?: readonly Conversation[];
  messages?: readonly Message[];
  /** Conversations that are no more: erased, or merged into another. */
  gone?: readonly string[];
};

type Known<View> = { readonly view: View; readonly asked: number };

export type Store = {
  readonly conversations: Map<string, Known<Conversation>>;
  readonly lastMessages: Map<string, Known<LastMessage | null>>;
  /** By conversation, then by id. */
  readonly messages: Map<string, Map<string, Known<Message>>>;
  readonly gone: Map<string, number>;
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
  const { asked } = frame;
  const changed: Changed = { rows: new Set(), threads: new Set(), messages: new Set() };
  for (const id of frame.gone ?? []) forget(store, id, asked, changed);
  for (const view of frame.conversations ?? []) {
    const { last_message: lastMessage, ...conversation } = view;
    if (isGone(store, view.id, asked)) continue;
    if (put(store.conversations, view.id, conversation, asked)) changed.rows.add(view.id);
    if (lastMessage !== undefined && put(store.lastMessages, view.id, lastMessage, asked)) {
      changed.rows.add(view.id);
    }
  }
  for (const view of frame.messages ?? []) {
    const id = view.conversation_id;
    if (isGone(store, id, asked)) continue;
    const thread = store.messages.get(id) ?? new Map<string, Known<Message>>();
    store.messages.set(id, thread);
    const isNew = !thread.has(view.id);
    if (put(thread, view.id, view, asked)) changed.messages.add(view.id);
    if (isNew) changed.threads.add(id);
  }
  return changed;
}

/** A conversation that was seen after it was reported gone is there again: a customer may write anew. */
function isGone(store: Store, id: string, asked: number): boolean {
  return (store.gone.get(id) ?? -1) >= asked;
}

function forget(store: Store, id: string, asked: number, changed: Changed): void {
  if (isGone(store, id, asked)) return;
  store.gone.set(id, asked);
  if (removeUpTo(store.conversations, id, asked)) changed.rows.add(id);
  removeUpTo(store.lastMessages, id, asked);
  const thread = store.messages.get(id);
  if (thread === undefined) return;
  for (const messageId of thread.keys()) {
    if (removeUpTo(thread, messageId, asked)) changed.threads.add(id);
  }
  if (thread.size === 0) store.messages.delete(id);
}

function removeUpTo(views: Map<string, Known<unknown>>, id: string, asked: number): boolean {
  const known = views.get(id);
  return known !== undefined && known.asked <= asked && views.delete(id);
}

/** True if the view is news. */
function put<View>(
  views: Map<string, Known<View>>,
  id: string,
  view: View,
  asked: number,
): boolean {
  const known = views.get(id);
  if (known !== undefined && known.asked > asked) return false;
  const isSame = known !== undefined && JSON.stringify(known.view) === JSON.stringify(view);
  // The same object stays: who shows it need not show it again.
  views.set(id, { view: isSame ? known.view : view, asked });
  return !isSame;
}

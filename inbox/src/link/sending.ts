/** Sends the outbox: in order within a conversation, one at a time, under the same key until the server answers. */
import { signal } from "@preact/signals";
import { take } from "../state/live.ts";
import {
  type Entry,
  isText,
  nextToSend,
  type Outcome,
  outcomeOf,
  timeAfter,
} from "../state/outbox.ts";
import type { Message } from "../state/views.ts";
import { isStored, readEntries, removeEntry, saveEntry } from "../storage/outbox-store.ts";
import { type Answer, ask } from "./api.ts";

/** All entries of this page, in the order in which they were written. */
export const outbox = signal<readonly Entry[]>([]);

/** The conversation whose window was found closed, with what could not be sent. */
export const refusedByWindow = signal<{ conversation_id: string; text: string } | null>(null);

const saved = new Map<string, Promise<void>>();
const running = new Set<string>();
const waits = new Map<string, { timer: ReturnType<typeof setTimeout>; go: () => void }>();

/** Takes up what an earlier page left behind. */
export async function resumeOutbox(): Promise<void> {
  const left = await readEntries();
  const known = new Set(outbox.peek().map(({ key }) => key));
  outbox.value = [...left.filter(({ key }) => !known.has(key)), ...outbox.peek()];
  sendAll();
}

/** Puts a message into the outbox; resolves when the device keeps it. */
export function send(
  written: Pick<Entry, "conversation_id" | "text"> & {
    request: { kind: "message"; body: object } | { kind: "resend"; message_id: string };
  },
): Promise<void> {
  const key = crypto.randomUUID();
  const { request } = written;
  const entry: Entry = {
    ...written,
    request:
      request.kind === "resend"
        ? request
        : { kind: "message", body: { ...request.body, metadata: { inbox: key } } },
    key,
    written_at: timeAfter(outbox.peek(), Date.now()),
    confirmed: false,
    state: { kind: "waiting" },
  };
  outbox.value = [...outbox.peek(), entry];
  const keeping = saveEntry(entry);
  saved.set(key, keeping);
  void sendFrom(entry.conversation_id);
  return keeping;
}

/** Lets a held entry leave. */
export async function confirmEntry(entry: Entry): Promise<void> {
  await replace({ ...entry, confirmed: true });
  void sendFrom(entry.conversation_id);
}

export async function discardEntry({ key }: Entry): Promise<void> {
  outbox.value = outbox.peek().filter((entry) => entry.key !== key);
  saved.delete(key);
  await removeEntry(key);
}

/** Tries everything now, without waiting for the next turn. */
export function sendAll(): void {
  for (const { go } of waits.values()) go();
  for (const id of new Set(outbox.peek().map(({ conversation_id }) => conversation_id)))
    void sendFrom(id);
}

export function forgetOutbox(): void {
  outbox.value = [];
  saved.clear();
}

window.addEventListener("online", sendAll);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") sendAll();
});

async function sendFrom(conversationId: string): Promise<void> {
  if (running.has(conversationId)) return;
  running.add(conversationId);
  let failures = 0;
  for (;;) {
    const entry = nextToSend(outbox.peek(), conversationId, Date.now());
    if (entry === null) break;
    const outcome = await locked(conversationId, () => attempt(entry, failures));
    if (outcome.kind === "signed_out") break;
    if (outcome.kind === "again") {
      failures += 1;
      await pause(conversationId, outcome.afterMs);
    } else failures = 0;
  }
  running.delete(conversationId);
}

/** Another tab of this browser may have the same entries: one sends at a time. */
async function locked(conversationId: string, action: () => Promise<Outcome>): Promise<Outcome> {
  return "locks" in navigator
    ? navigator.locks.request(`paloma-outbox:${conversationId}`, action)
    : action();
}

async function attempt(entry: Entry, failures: number): Promise<Outcome> {
  await saved.get(entry.key);
  if (!(await isStored(entry.key))) {
    await discardEntry(entry);
    return { kind: "done", message: null, message_id: null, windowClosed: false };
  }
  const answer = await post(entry);
  const outcome = outcomeOf(answer, failures);
  switch (outcome.kind) {
    case "done":
      await finish(entry, outcome, answer.asked);
      break;
    case "refused":
      await replace({ ...entry, state: { kind: "refused", problem: outcome.problem } });
      break;
    case "again":
    case "signed_out":
      break;
  }
  return outcome;
}

function post({ request: asked, key, conversation_id }: Entry): Promise<Answer<Message>> {
  return asked.kind === "resend"
    ? ask<Message>("POST", `messages/${asked.message_id}/resend`, { key })
    : ask<Message>("POST", "messages", { key, body: { conversation_id, ...asked.body } });
}

async function finish(
  entry: Entry,
  { message, message_id, windowClosed }: Extract<Outcome, { kind: "done" }>,
  asked: number,
): Promise<void> {
  if (message !== null) take({ asked, messages: [message] });
  else if (message_id !== null) {
    const found = await ask<Message>("GET", `messages/${message_id}`);
    if (found.kind === "ok") take({ asked: found.asked, messages: [found.body] });
  }
  if (windowClosed && isText(entry)) {
    refusedByWindow.value = { conversation_id: entry.conversation_id, text: entry.text };
  }
  await discardEntry(entry);
}

async function replace(entry: Entry): Promise<void> {
  outbox.value = outbox.peek().map((known) => (known.key === entry.key ? entry : known));
  await saveEntry(entry);
}

function pause(conversationId: string, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      waits.delete(conversationId);
      resolve();
    };
    const timer = setTimeout(go, afterMs);
    waits.set(conversationId, { timer, go });
  });
}

/** Sends the outbox: in order within a conversation, one at a time, under the same key until the server answers. */
import { signal } from "@preact/signals";
import type { Version } from "../state/apply.ts";
import { lastMessageOf, loadedMessages, reactionsTo, take } from "../state/live.ts";
import {
  type Entry,
  isShownBy,
  isText,
  mayBeOvertaken,
  nextToSend,
  type Outcome,
  outcomeOf,
  overtaking,
  timeAfter,
} from "../state/outbox.ts";
import { ourReaction, targetOfEntry } from "../state/reactions.ts";
import type { Message } from "../state/views.ts";
import { giveBack } from "../storage/drafts.ts";
import { isStored, readEntries, removeEntry, saveEntry } from "../storage/outbox-store.ts";
import { type Answer, ask, clockAheadMs } from "./api.ts";
import { closeGap } from "./changes.ts";
import { repeat } from "./loop.ts";

/** All entries of this page, in the order in which they were written. */
export const outbox = signal<readonly Entry[]>([]);

/** The conversation whose window was found closed; what could not be sent is its draft again. */
export const closedByMeta = signal<string | null>(null);

/** What another tab, or an earlier page, left behind is looked for this often. */
const PACE = { visibleMs: 30_000, hiddenMs: 60_000 };

const saved = new Map<string, Promise<boolean>>();
/** The keys of all that the device was known to keep: what is missing there was dealt with in another tab. */
const onDevice = new Set<string>();
const running = new Set<string>();
/** What the server may have, though its answer did not come. */
const asked = new Set<string>();
const waits = new Map<string, { timer: ReturnType<typeof setTimeout>; go: () => void }>();

let author = "";

/** Who writes from now on: what colleagues answer meanwhile is not theirs. */
export function sendAs(name: string): void {
  author = name;
}

/** Sends what waits, whichever of this browser's tabs left it, until the function that it returns is called. */
export function followOutbox(): () => void {
  return repeat(resumeOutbox, PACE).stop;
}

/** Takes up what other pages left behind, and drops what they dealt with. */
async function resumeOutbox(): Promise<void> {
  const before = new Set(onDevice);
  const left = await readEntries();
  if (left !== null) {
    const stored = new Set(left.map(({ key }) => key));
    const kept = outbox.peek().filter(({ key }) => !before.has(key) || stored.has(key));
    const known = new Set(kept.map(({ key }) => key));
    const found = left.filter(({ key }) => !known.has(key) && !onDevice.has(key));
    for (const { key } of found) onDevice.add(key);
    // The device gives them in no order.
    outbox.value = [...found, ...kept].toSorted((one, other) => one.written_at - other.written_at);
  }
  sendAll();
}

/** Puts a message into the outbox; resolves when the device keeps it, or is known not to. */
export function send(
  written: Pick<Entry, "conversation_id" | "text"> & {
    request: { kind: "message"; body: object } | { kind: "resend"; message_id: string };
  },
): Promise<boolean> {
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
  const keeping = keepEntry(entry);
  void sendFrom(entry.conversation_id);
  return keeping;
}

/** Our reaction to a message, with those that wait. */
export function ourReactionTo(message: Message) {
  const { wamid } = message;
  const entries =
    wamid === null ? [] : outbox.value.filter((entry) => targetOfEntry(entry) === wamid);
  return { ...ourReaction(message, reactionsTo(message), entries), entries };
}

/** Lets a held entry leave. */
export async function confirmEntry(entry: Entry): Promise<void> {
  await replace({ ...entry, confirmed: true, state: { kind: "waiting" } });
  void sendFrom(entry.conversation_id);
}

export async function discardEntry({ key }: Entry): Promise<void> {
  outbox.value = outbox.peek().filter((entry) => entry.key !== key);
  saved.delete(key);
  await removeEntry(key);
}

/** Takes what waits along to the conversation that this one has become part of. */
export function moveEntries(from: string, to: string): void {
  const moved = outbox.peek().filter(({ conversation_id }) => conversation_id === from);
  for (const entry of moved) void replace({ ...entry, conversation_id: to });
  void sendFrom(to);
}

/** Tries everything now, without waiting for the next turn. */
function sendAll(): void {
  for (const { go } of waits.values()) go();
  for (const id of new Set(outbox.peek().map(({ conversation_id }) => conversation_id)))
    void sendFrom(id);
}

export function forgetOutbox(): void {
  outbox.value = [];
  saved.clear();
  onDevice.clear();
  asked.clear();
  closedByMeta.value = null;
}

// What only the page's memory holds goes with it.
window.addEventListener("beforeunload", (event) => {
  if (outbox.peek().some(({ key }) => !onDevice.has(key))) event.preventDefault();
});

async function sendFrom(conversationId: string): Promise<void> {
  if (running.has(conversationId)) return;
  running.add(conversationId);
  let failures = 0;
  const seen: Seen = { newest: null };
  try {
    for (;;) {
      const entry = nextToSend(outbox.peek(), conversationId, Date.now());
      if (entry === null) break;
      const outcome = await locked(conversationId, () => attempt(entry, failures, seen));
      if (outcome.kind === "signed_out") break;
      if (outcome.kind === "again") {
        failures += 1;
        seen.newest = null;
        await pause(conversationId, outcome.afterMs);
      } else failures = 0;
    }
  } finally {
    running.delete(conversationId);
  }
}

/** Another tab of this browser may have the same entries: one sends at a time. */
async function locked(conversationId: string, action: () => Promise<Outcome>): Promise<Outcome> {
  return "locks" in navigator
    ? navigator.locks.request(`paloma-outbox:${conversationId}`, action)
    : action();
}

/** The conversation's newest messages, asked for once for entries that leave in a row; what comes then the page hears. */
type Seen = { newest: readonly Message[] | null };

async function attempt(entry: Entry, failures: number, seen: Seen): Promise<Outcome> {
  await saved.get(entry.key);
  if (!isKnown(entry) || (onDevice.has(entry.key) && !(await isStored(entry.key)))) {
    await discardEntry(entry);
    return { kind: "done", message: null, message_id: null, windowClosed: false };
  }
  // Nothing leaves before the page has seen what colleagues did meanwhile.
  const gap = await closeGap();
  if (gap.kind === "unreachable" || gap.kind === "signed_out") return outcomeOf(gap, failures);
  if (seen.newest === null && mayBeOvertaken(entry, Date.now())) {
    const page = await askNewest(entry);
    if (page.kind === "unreachable" || page.kind === "signed_out") return outcomeOf(page, failures);
    if (page.kind === "ok") seen.newest = page.body.data;
  }
  const answer = answerTo(entry, seen.newest ?? []);
  if (answer !== null) {
    // Not kept on the device: a page that is loaded anew looks again.
    show({ ...entry, state: { kind: "overtaken", by: answer.sent_by } });
    return { kind: "held" };
  }
  return tell(entry, failures);
}

/** What the page may not have loaded: it was too far behind, or was opened with another conversation. */
function askNewest({ conversation_id: id }: Entry): Promise<Answer<{ data: Message[] }>> {
  return ask("GET", `conversations/${encodeURIComponent(id)}/messages`);
}

/** What a colleague answered while the entry waited, as far as the page knows the conversation. */
function answerTo(entry: Entry, newest: readonly Message[]) {
  const { conversation_id: id, key } = entry;
  const loaded = [...loadedMessages(id), ...newest];
  if (asked.has(key) || loaded.some((message) => isShownBy(entry, message))) return null;
  const last = lastMessageOf(id);
  const messages = [...loaded, ...(last === null ? [] : [last])];
  const aheadMs = clockAheadMs.peek();
  return overtaking(entry, messages, author, { now: Date.now(), aheadMs });
}

async function tell(entry: Entry, failures: number): Promise<Outcome> {
  asked.add(entry.key);
  const answer = await post(entry);
  const outcome = outcomeOf(answer, failures);
  switch (outcome.kind) {
    case "done":
      await finish(entry, outcome, answer.version);
      break;
    case "refused":
      await replace({ ...entry, state: { kind: "refused", problem: outcome.problem } });
      break;
    case "again":
    case "held":
    case "signed_out":
      break;
  }
  return outcome;
}

function post({ request, key, conversation_id }: Entry): Promise<Answer<Message>> {
  return request.kind === "resend"
    ? ask<Message>("POST", `messages/${request.message_id}/resend`, { key })
    : ask<Message>("POST", "messages", { key, body: { conversation_id, ...request.body } });
}

async function finish(
  entry: Entry,
  { message, message_id, windowClosed }: Extract<Outcome, { kind: "done" }>,
  version: Version,
): Promise<void> {
  if (message !== null) take({ version, messages: [message] });
  else if (message_id !== null) {
    const found = await ask<Message>("GET", `messages/${message_id}`);
    if (found.kind === "ok") take({ version: found.version, messages: [found.body] });
  }
  // Nothing written is lost. Who has signed in since must not find it.
  if (windowClosed && isText(entry) && isKnown(entry)) {
    giveBack(entry.conversation_id, entry.text);
    closedByMeta.value = entry.conversation_id;
  }
  await discardEntry(entry);
}

/** What was discarded meanwhile, or is somebody else's, does not come back. */
async function replace(entry: Entry): Promise<void> {
  if (!isKnown(entry)) return;
  show(entry);
  await keepEntry(entry);
}

function isKnown({ key }: Entry): boolean {
  return outbox.peek().some((entry) => entry.key === key);
}

function keepEntry(entry: Entry): Promise<boolean> {
  const keeping = saveEntry(entry).then((isKept) => {
    if (isKept && isKnown(entry)) onDevice.add(entry.key);
    return isKept;
  });
  saved.set(entry.key, keeping);
  return keeping;
}

function show(entry: Entry): void {
  outbox.value = outbox.peek().map((known) => (known.key === entry.key ? entry : known));
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

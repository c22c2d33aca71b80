/** A conversation's Durable Object under test, and time that passes only when told. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { Conversation } from "../../src/conversation/object.ts";
import { type Address, conversationName } from "../../src/lib/address.ts";
import { DAY_MS } from "./conversation-messages.ts";
import { NUMBER } from "./paloma.ts";

type ConversationStub = DurableObjectStub<Conversation>;

/** More alarms than any test is about: the object would run hot. */
const MOST_ALARMS = 1000;

/** Often enough to end soon, and seldom enough for a hundred objects. */
const HOLD_PAUSE_MS = 50;

/** In real time, also where a test stops the clock. */
const wait = scheduler.wait.bind(scheduler);

/** A new stub each time, since one that saw its object stop stays broken. */
export function conversationAt(address: Address, number = NUMBER): ConversationStub {
  return env.CONVERSATION.getByName(conversationName(number, address));
}

export function conversationWithId(id: string): ConversationStub {
  return env.CONVERSATION.get(env.CONVERSATION.idFromString(id));
}

/**
 * Stops the clock a year from now, where no alarm fires unless the test runs it. A slot of the
 * number's that is a moment away would be waited for in real time, each longer than the one before.
 */
export function stopTheClock(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 365 * DAY_MS });
  // A wait that gives way to nothing would let who waits in a loop take all memory.
  vi.spyOn(scheduler, "wait").mockImplementation(() => wait(0));
}

/** Keeps objects in memory as long as the work takes: the platform unloads one 10 s after its last call. */
export async function whileAwake<Result>(
  stubs: readonly ConversationStub[],
  work: () => Promise<Result>,
): Promise<Result> {
  let awake = 0;
  const holding = { isHeld: true };
  const held = stubs.map((stub) =>
    runInDurableObject(stub, async () => {
      awake += 1;
      while (holding.isHeld) await wait(HOLD_PAUSE_MS);
    }),
  );
  try {
    while (awake < stubs.length) await wait(HOLD_PAUSE_MS);
    return await work();
  } finally {
    holding.isHeld = false;
    await Promise.all(held);
  }
}

/** When the object's alarm fires; null if none is set. */
export function alarmOf(stub: ConversationStub): Promise<number | null> {
  return runInDurableObject(stub, (_object, state) => state.storage.getAlarm());
}

/** Lets time pass and each alarm of this object fire when it is due. */
export async function letTimePass(stub: ConversationStub, durationMs: number): Promise<void> {
  const end = Date.now() + durationMs;
  for (let alarms = 0; alarms < MOST_ALARMS; alarms += 1) {
    const at = await alarmOf(stub);
    if (at === null || at > end) {
      vi.setSystemTime(end);
      return;
    }
    vi.setSystemTime(Math.max(at, Date.now()));
    await runDurableObjectAlarm(stub);
  }
  throw new Error(`more than ${MOST_ALARMS} alarms in ${durationMs} ms`);
}

/** Rows inside the object. */
export function rowsIn<Row extends Record<string, SqlStorageValue>>(
  stub: ConversationStub,
  query: string,
  ...bindings: (string | number)[]
): Promise<Row[]> {
  return runInDurableObject(stub, (_object, { storage }) =>
    storage.sql.exec<Row>(query, ...bindings).toArray(),
  );
}

/** A message from Meta as its object remembers it. */
export type Remembered = { id: string; unread: boolean; isDue: boolean };

/** What the object remembers of messages from Meta, by their places. */
export function seenIn(stub: ConversationStub): Promise<Remembered[]> {
  return runInDurableObject(stub, (_object, { storage: { sql } }) => {
    const has = (table: string) =>
      sql.exec("SELECT 1 FROM sqlite_schema WHERE name = ?", table).toArray().length > 0;
    const [row] = has("state")
      ? sql.exec<{ value: string }>("SELECT value FROM state").toArray()
      : [];
    const { state, seen = [] } = JSON.parse(row?.value ?? "{}");
    const pages = has("seen_pages")
      ? sql.exec<{ entries: string }>("SELECT entries FROM seen_pages").toArray()
      : [];
    const entries: [string, number, number | null][] = [
      ...seen,
      ...pages.flatMap(({ entries: page }) => JSON.parse(page)),
    ];
    return entries
      .map(([id, unread, due]) => {
        const isUnread = unread === 1 && id > (state?.read_up_to ?? "");
        return { id, unread: isUnread, isDue: due !== null };
      })
      .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  });
}

/** As if every message were older than Meta redelivers. */
export async function forgetSeen(stub: ConversationStub): Promise<void> {
  await runInDurableObject(stub, (_object, { storage: { sql } }) => {
    sql.exec("UPDATE state SET value = json_remove(value, '$.seen')");
    sql.exec("DROP TABLE IF EXISTS seen_pages");
  });
  await evictDurableObject(stub);
}

/** Rows in D1. */
export async function rowsInD1<Row>(query: string, ...bindings: string[]): Promise<Row[]> {
  const { results } = await env.DB.prepare(query)
    .bind(...bindings)
    .all<Row>();
  return results;
}

/** D1 as it is when nothing can be written: a table that every projection needs is elsewhere. */
export async function withoutD1<Result>(work: () => Promise<Result>): Promise<Result> {
  await env.DB.exec("ALTER TABLE conversations RENAME TO conversations_away");
  try {
    return await work();
  } finally {
    await env.DB.exec("ALTER TABLE conversations_away RENAME TO conversations");
  }
}

import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { erasedKeyId } from "../../src/lib/erasure-id.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import {
  claimKeys,
  eraseKeys,
  expireKeys,
  findKey,
  type KeyClaim,
  listKeysOfConversations,
} from "../../src/store/idempotency-keys.ts";
import { claimByOldWorker } from "../support/old-claims.ts";
import { plansOf } from "../support/query-plans.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { allRows, conversationRow, messageIdAt, NOON, unique } from "../support/store-rows.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

const database = createDatabase(env.DB);

function claim(changes: Partial<KeyClaim> = {}): KeyClaim {
  const { key = unique("key-"), sent_by = "clinic", created_at = NOON } = changes;
  return {
    sent_by,
    key,
    message_id: messageIdAt(created_at),
    request_hash: "hash",
    conversation_id: conversationRow().id,
    created_at,
    erased_key_id: erasedKeyId(env.CONVERSATION, sent_by, key),
    ...changes,
  };
}

const claimOne = async (one: KeyClaim) => (await claimKeys(database, [one]))[0];

const holds = ({ message_id, request_hash, conversation_id, created_at }: KeyClaim) => ({
  kind: "earlier",
  holder: { message_id, request_hash, conversation_id, created_at },
});

describe("I7: a claim of an idempotency key", () => {
  test("is the message's that claims it first, in one round trip, however often", async () => {
    const { database: d1, record } = recordedD1(env.DB);
    const first = claim();
    expect(await claimKeys(createDatabase(d1), [first])).toEqual([{ kind: "ours" }]);
    expect(record.roundTrips).toBe(1);
    expect(await claimOne({ ...claim({ key: first.key }), request_hash: "other" })).toEqual(
      holds(first),
    );
    expect(await claimOne(first)).toEqual({ kind: "ours" });
  });

  test("is kept once for its 48 hours, over midnights, and then anew", async () => {
    const first = claim();
    const at = (created_at: number) => claim({ key: first.key, created_at });
    const held = () => allRows("SELECT message_id FROM idempotency_keys WHERE key = ?", first.key);
    await claimOne(first);
    for (const hours of [11, 13, 35, 37, 47]) {
      expect(await claimOne(at(NOON + hours * HOUR_MS))).toEqual(holds(first));
    }
    expect(await held()).toEqual([{ message_id: first.message_id }]);
    const second = at(NOON + 48 * HOUR_MS);
    expect(await claimOne(second)).toEqual({ kind: "ours" });
    expect(await claimOne(at(NOON + 50 * HOUR_MS))).toEqual(holds(second));
  });

  test("that D1 executes after its customer was erased leaves no row", async () => {
    const late = claim({ conversation_id: unique("erased-") });
    const { conversation_id: id } = late;
    await rememberErased(database, [{ id, version: 1, erased_at: late.created_at }]);
    expect(await claimOne(late)).toEqual({ kind: "erased" });
    expect(await allRows("SELECT * FROM idempotency_keys WHERE key = ?", late.key)).toEqual([]);
    const since = { ...late, created_at: late.created_at + 1 };
    expect(await claimOne(since)).toEqual({ kind: "ours" });
  });

  test("is each sender's own", async () => {
    const [ours, theirs] = [claim(), claim({ sent_by: "other" })];
    expect(await claimOne(ours)).toEqual({ kind: "ours" });
    expect(await claimOne({ ...theirs, key: ours.key })).toEqual({ kind: "ours" });
  });

  test("of 100 at once is one message's", async () => {
    const key = unique("key-");
    const claims = Array.from({ length: 100 }, () => claim({ key }));
    const answers = await Promise.all(claims.map(claimOne));
    const [winner, ...others] = claims.filter((_claim, place) => answers[place]?.kind === "ours");
    expect(others).toEqual([]);
    const holders = answers.flatMap((answer) =>
      answer?.kind === "earlier" ? [answer.holder] : [],
    );
    expect(new Set(holders.map(({ message_id }) => message_id))).toEqual(
      new Set([winner?.message_id]),
    );
    expect(holders).toHaveLength(99);
  });

  test("counts where a Worker of 0.1.0 made it", async () => {
    const { id: conversation_id, phone_number_id } = conversationRow();
    const idempotency_key = unique("key-");
    const message = {
      id: messageIdAt(NOON),
      conversation_id,
      phone_number_id,
      direction: "outbound" as const,
      type: "text",
      body: "Hola",
      payload: "{}",
      state: "accepted",
      sent_by: "clinic",
      idempotency_key,
      request_hash: "old",
      created_at: NOON,
    };
    await claimByOldWorker({ message, conversation: null });
    const holder = {
      message_id: message.id,
      request_hash: "old",
      conversation_id,
      created_at: NOON,
    };
    const at = (created_at: number) => claim({ key: idempotency_key, created_at });
    expect(await claimOne(at(NOON + HOUR_MS))).toEqual({ kind: "earlier", holder });
    expect(await findKey(database, "clinic", idempotency_key, NOON + HOUR_MS)).toEqual(holder);
    expect(await claimOne(at(NOON + 48 * HOUR_MS + 1))).toEqual({ kind: "ours" });
  });

  test("is refused where its message was erased", async () => {
    const one = claim();
    await rememberErased(database, [{ id: one.erased_key_id, version: 0, erased_at: NOON - 1 }]);
    expect(await claimOne(one)).toEqual({ kind: "erased" });
  });

  test("finds keys by their primary key, whatever their number", async () => {
    // Who has the key is asked where it is not free.
    const twice = [claim({ key: "twice" }), claim({ key: "twice" })];
    const plans = (await plansOf((d1) => claimKeys(d1, twice))).join("\n");
    expect(plans).toMatch(/SEARCH held USING PRIMARY KEY \(day=\? AND sent_by=\? AND key=\?\)/);
    expect(plans).toContain("SEARCH earlier USING INDEX messages_by_idempotency_key");
    expect(plans).not.toMatch(/SCAN (held|earlier|idempotency_keys|messages)\b/);
  });

  test("of none is no round trip", async () => {
    const { database: d1, record } = recordedD1(env.DB);
    expect(await claimKeys(createDatabase(d1), [])).toEqual([]);
    expect(record.roundTrips).toBe(0);
  });
});

test("I7: a key is one message's for 48 hours, over midnights and with clocks apart, in any batches", async () => {
  const made = fc.record({
    key: fc.constantFrom("a", "b"),
    at: fc.integer({ min: 0, max: 5 * 24 }),
    skewMs: fc.integer({ min: -2000, max: 2000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(made, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
      async (batches) => {
        const prefix = unique("key-");
        const taken: KeyClaim[] = [];
        const inOrder = batches.toSorted((one, other) => (one[0]?.at ?? 0) - (other[0]?.at ?? 0));
        for (const batch of inOrder) {
          const hour = batch[0]?.at ?? 0;
          const claims = batch.map(({ key, skewMs }) =>
            claim({ key: `${prefix}${key}`, created_at: NOON + hour * HOUR_MS + skewMs }),
          );
          const answers = await claimKeys(database, claims);
          for (const [place, answer] of answers.entries()) {
            const one = claims[place];
            if (answer.kind === "ours" && one !== undefined) taken.push(one);
          }
        }
        for (const [place, one] of taken.entries()) {
          for (const other of taken.slice(place + 1)) {
            if (other.key !== one.key) continue;
            expect(Math.abs(other.created_at - one.created_at)).toBeGreaterThanOrEqual(
              48 * HOUR_MS - 4000,
            );
          }
        }
      },
    ),
    { numRuns: 30 },
  );
});

describe("keys that are over", () => {
  test("are deleted by their day, and no living one", async () => {
    const [old, living] = [claim(), claim({ created_at: NOON + 2 * DAY_MS })];
    await claimKeys(database, [old, living]);
    const keysLeft = async () => {
      const rows = await allRows(
        "SELECT key FROM idempotency_keys WHERE key IN (?, ?)",
        old.key,
        living.key,
      );
      return rows.map(({ key }) => key);
    };
    await expireKeys(database, NOON + 2 * DAY_MS);
    expect(await keysLeft()).toHaveLength(2);
    await expireKeys(database, NOON + 3 * DAY_MS);
    expect(await keysLeft()).toEqual([living.key]);
    const plans = (await plansOf((d1) => expireKeys(d1, NOON))).join("\n");
    expect(plans).toMatch(/SEARCH idempotency_keys USING PRIMARY KEY \(day<\?\)/);
  });

  test("of an erased person are found by their conversation, those of later ones stay", async () => {
    const before = claim();
    const { conversation_id } = before;
    const after = claim({ conversation_id, created_at: NOON + 2 });
    await claimKeys(database, [before, after]);
    const keys = await listKeysOfConversations(database, [conversation_id], NOON + 1);
    expect(keys).toEqual([{ sent_by: "clinic", key: before.key }]);
    await eraseKeys(database, [conversation_id], keys, NOON + 1);
    expect(await listKeysOfConversations(database, [conversation_id], NOON + DAY_MS)).toEqual([
      { sent_by: "clinic", key: after.key },
    ]);
  });
});

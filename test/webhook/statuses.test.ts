import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { retryDelaySeconds } from "../../src/lib/backoff.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { listDeadLetters } from "../../src/store/dead-letters.ts";
import { type MessageStatus, STATUS_BODY_VERSION } from "../../src/store/message-status.ts";
import { consumeStatuses } from "../../src/webhook/statuses.ts";
import { messageBatch } from "../support/message-batch.ts";
import { NUMBER } from "../support/paloma.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { allRows, statusPack, withRefused } from "../support/store-rows.ts";
import { newWamid } from "../support/webhook-bodies.ts";

const QUEUE = "paloma-status";
const NOON = Date.parse("2026-11-22T12:00:00Z");
const UNREADABLE = { source: QUEUE, reason: "not a status this version can read" };
const REFUSED = { source: QUEUE, reason: "D1 refused its content" };

describe("consumeStatuses", () => {
  it("records a batch and acknowledges each of it", async () => {
    const wamid = newWamid();
    const { batch, acked, retried } = messageBatch(QUEUE, [
      { body: statusOf(wamid, "sent") },
      { body: statusOf(wamid, "delivered") },
    ]);
    await consumeStatuses(batch, env);
    expect(acked()).toEqual(["0", "1"]);
    expect(retried().size).toBe(0);
    expect(await recordedOf(wamid)).toEqual(["delivered", "sent"]);
  });

  it("changes nothing where a batch comes again (I3)", async () => {
    const wamid = newWamid();
    for (const attempts of [1, 2]) {
      const body = statusOf(wamid, "sent");
      const { batch, acked } = messageBatch(QUEUE, [{ body, attempts }, { body }]);
      await consumeStatuses(batch, env);
      expect(acked()).toEqual(["0", "1"]);
    }
    expect(await recordedOf(wamid)).toEqual(["sent"]);
  });

  const good = statusOf("wamid.x", "sent");
  it.each<[string, unknown]>([
    ["null", null],
    ["text", "sent"],
    ["an array", [good]],
    ["of a later version", { ...good, version: 2 }],
    ["of no version", { ...good, version: undefined }],
    ["a version and nothing else", { version: STATUS_BODY_VERSION }],
    ["without a wamid", { ...good, wamid: null }],
    ["without a number", { ...good, phone_number_id: 106540352242922 }],
    ["without a status", { ...good, status: undefined }],
    ["without a participant", { ...good, participant: null }],
    ["with a time that is none", { ...good, at: "1795348740" }],
    ["with a time between two milliseconds", { ...good, at: 0.5 }],
    ["without a time of receipt", { ...good, received_at: undefined }],
    ["with a message id that is none", { ...good, message_id: 7 }],
    ["with a payload that is no text", { ...good, payload: {} }],
  ])("gives up a body that is %s, and harms no other (I10)", async (_case, body) => {
    const wamid = newWamid();
    const { batch, acked, retried } = messageBatch(QUEUE, [
      { body },
      { body: statusOf(wamid, "sent") },
    ]);
    await consumeStatuses(batch, env);
    expect(acked()).toEqual(["0", "1"]);
    expect(retried().size).toBe(0);
    expect(await recordedOf(wamid)).toEqual(["sent"]);
    expect(await deadLetters()).toContainEqual(
      expect.objectContaining({ ...UNREADABLE, payload: JSON.stringify(body) }),
    );
  });

  it("gives up a body that is no JSON at all (I10)", async () => {
    const { batch, acked } = messageBatch(QUEUE, [{ body: undefined }]);
    await consumeStatuses(batch, env);
    expect(acked()).toEqual(["0"]);
    expect(await deadLetters()).toContainEqual(
      expect.objectContaining({ source: QUEUE, payload: "null" }),
    );
  });

  it("takes a status that nests deeper than SQLite reads", async () => {
    const wamid = newWamid();
    const payload = `${"[".repeat(2000)}${"]".repeat(2000)}`;
    const { batch, acked } = messageBatch(QUEUE, [
      { body: { ...statusOf(wamid, "sent"), payload } },
    ]);
    await consumeStatuses(batch, env);
    expect(acked()).toEqual(["0"]);
    expect(await recordedOf(wamid)).toEqual(["sent"]);
  });

  it("records what came alone and what came in packs, in any order of bodies", async () => {
    const wamid = newWamid();
    const { batch, acked, retried } = messageBatch(QUEUE, [
      { body: statusOf(wamid, "sent") },
      { body: statusPack([statusOf(wamid, "read"), statusOf(wamid, "delivered")]) },
      { body: statusOf(wamid, "failed") },
      { body: statusPack([statusOf(wamid, "played")]) },
    ]);
    await consumeStatuses(batch, env);
    expect(acked()).toEqual(["0", "1", "2", "3"]);
    expect(retried().size).toBe(0);
    expect(await recordedOf(wamid)).toEqual(["delivered", "failed", "played", "read", "sent"]);
  });

  it("changes nothing where a pack comes again (I3)", async () => {
    const wamid = newWamid();
    const body = statusPack([statusOf(wamid, "sent"), statusOf(wamid, "delivered")]);
    const rows: unknown[] = [];
    for (const attempts of [1, 2, 3]) {
      const { batch, acked } = messageBatch(QUEUE, [{ body, attempts }]);
      await consumeStatuses(batch, env);
      expect(acked()).toEqual(["0"]);
      rows.push(await allRows("SELECT * FROM message_statuses WHERE wamid = ?", wamid));
    }
    expect(rows[0]).toHaveLength(2);
    expect(rows).toEqual([rows[0], rows[0], rows[0]]);
  });

  it("gives up what it can't read in a pack, and harms no other status of it (I10)", async () => {
    const wamid = newWamid();
    const pack = statusPack([statusOf(wamid, "sent"), statusOf(wamid, "read")]);
    const [first, last] = pack.statuses;
    const item = { payload: `{"id":"${wamid}"}` };
    const { batch, acked } = messageBatch(QUEUE, [
      { body: { ...pack, statuses: [first, item, last] } },
    ]);
    await consumeStatuses(batch, env);
    expect(acked()).toEqual(["0"]);
    expect(await recordedOf(wamid)).toEqual(["read", "sent"]);
    expect(await lettersAbout(wamid)).toEqual([
      { ...UNREADABLE, body: { ...pack, statuses: [item] } },
    ]);
  });

  it("gives up the status of a pack that D1 refuses, and harms no other of it (I10)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const wamids = Array.from({ length: 1000 }, newWamid);
    const [refused = ""] = wamids.slice(617);
    const { database: DB, record } = recordedD1(env.DB);
    await withRefused([refused], async () => {
      const packs = Array.from({ length: 10 }, (_, place) =>
        statusPack(
          wamids.slice(place * 100, place * 100 + 100).map((each) => statusOf(each, "sent")),
        ),
      );
      const bodies = packs.map((pack) => ({ body: { ...pack, request_id: "req_1" } }));
      const { batch, acked } = messageBatch(QUEUE, bodies);
      await consumeStatuses(batch, { ...env, DB });
      expect(acked()).toHaveLength(10);
    });
    const recorded = await Promise.all(wamids.map(recordedOf));
    expect(recorded).toEqual(wamids.map((each) => (each === refused ? [] : ["sent"])));
    // What can be applied from there is the status alone, with the request that brought it.
    expect(await lettersAbout(refused)).toEqual([
      { ...REFUSED, body: { ...statusOf(refused, "sent"), request_id: "req_1" } },
    ]);
    // An invocation may make 1,000 queries.
    expect(record.statements.length).toBeLessThan(500);
  });

  it("keeps nothing as a dead letter while D1 fails for the rest of a batch (I10)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const wamid = newWamid();
    const bodies = [{ body: { wamid } }, { body: statusPack([statusOf(wamid, "sent")]) }];
    const failed = messageBatch(QUEUE, bodies);
    await consumeStatuses(failed.batch, brokenEnv());
    expect([...failed.retried().keys()]).toEqual(["0", "1"]);
    const again = messageBatch(QUEUE, bodies);
    await consumeStatuses(again.batch, env);
    expect(again.acked()).toEqual(["0", "1"]);
    expect(await lettersAbout(wamid)).toHaveLength(1);
    expect(await recordedOf(wamid)).toEqual(["sent"]);
  });

  it("asks D1 for nothing where the batch is empty", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    await consumeStatuses(messageBatch(QUEUE, []).batch, brokenEnv());
    expect(error).not.toHaveBeenCalled();
  });

  it("returns everything where D1 fails, each message for ever longer (I10)", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const { batch, acked, retried } = messageBatch(QUEUE, [
      { body: statusOf("wamid.secreto", "sent"), attempts: 1 },
      { body: statusOf("wamid.secreto", "read"), attempts: 5 },
      { body: "secreto", attempts: 100 },
    ]);
    await consumeStatuses(batch, brokenEnv());
    expect(acked()).toEqual([]);
    expect(Object.fromEntries(retried())).toEqual({ "0": 2, "1": 32, "2": 16_384 });
    expect(error.mock.calls).toHaveLength(1);
    expect(JSON.stringify(error.mock.calls)).toContain("queue_batch_failed");
    expect(JSON.stringify(error.mock.calls)).not.toContain("secreto");
  });
});

describe("retryDelaySeconds (I10)", () => {
  it("doubles with each try and stays within the queue's 12 hours", () => {
    const delays = Array.from({ length: 100 }, (_, tries) => retryDelaySeconds(tries + 1));
    expect(delays.slice(0, 5)).toEqual([2, 4, 8, 16, 32]);
    expect(delays).toEqual(delays.toSorted((one, other) => one - other));
    expect(delays.at(-1)).toBe(2 ** 14);
    expect(Math.max(...delays)).toBeLessThanOrEqual(12 * 60 * 60);
  });
});

function statusOf(wamid: string, status: string): MessageStatus {
  return {
    version: STATUS_BODY_VERSION,
    phone_number_id: NUMBER,
    wamid,
    status,
    participant: "",
    at: NOON,
    received_at: NOON,
    message_id: null,
    payload: JSON.stringify({ id: wamid, status }),
  };
}

function deadLetters() {
  return listDeadLetters(createDatabase(env.DB), { after: null, limit: 200 });
}

/** Dead letters whose payload contains the text. */
async function lettersAbout(text: string) {
  const letters = await deadLetters();
  return letters
    .filter(({ payload }) => payload.includes(text))
    .map(({ source, reason, payload }) => ({ source, reason, body: JSON.parse(payload) }));
}

async function recordedOf(wamid: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "SELECT status FROM message_statuses WHERE wamid = ? ORDER BY status",
  )
    .bind(wamid)
    .all<{ status: string }>();
  return results.map(({ status }) => status);
}

/** An environment whose D1 takes nothing. */
function brokenEnv(): Env {
  const batch = () => Promise.reject(new Error("D1 is down"));
  const DB = new Proxy(env.DB, {
    get: (target, member) =>
      member === "batch" ? batch : Reflect.get(target, member, target).bind(target),
  });
  return { ...env, DB };
}

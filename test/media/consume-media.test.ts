import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { consumeQueue } from "../../src/jobs/queues.ts";
import { queueArchive } from "../../src/media/archive.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { listDeadLetters } from "../../src/store/dead-letters.ts";
import { findMediaFile } from "../../src/store/media.ts";
import { replayDeadLetter } from "../../src/webhook/replay.ts";
import { fileAtMeta, fileRow } from "../support/media-files.ts";
import { messageBatch } from "../support/message-batch.ts";
import { eventually, type Paloma, startPaloma } from "../support/paloma.ts";
import { unique } from "../support/store-rows.ts";

const QUEUE = "paloma-media";

let paloma: Paloma;
let logged: string[];

beforeEach(() => {
  paloma = startPaloma();
  logged = [];
  for (const level of ["info", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((text: string) => void logged.push(text));
  }
});

afterEach(() => {
  paloma.simulator.rules.clear();
});

const job = (media_id: string) => ({ version: 1, media_id });

const rowOf = (id: string) => findMediaFile(createDatabase(env.DB), id);

describe("the media queue's consumer", () => {
  it("archives each file and acknowledges it, whatever becomes of the others", async () => {
    const [good, lost, troubled] = [await fileAtMeta(), await fileRow(), await fileAtMeta()];
    paloma.simulator.rules.add({
      match: { route: "media_download", nth: 2 },
      effect: { kind: "cut_off" },
    });
    const { batch, acked, retried } = messageBatch(QUEUE, [
      { body: job(lost.id), attempts: 1 },
      { body: job(good.id), attempts: 1 },
      { body: job(troubled.id), attempts: 1 },
    ]);
    await consumeQueue(batch, env);
    const rows = await Promise.all([good, lost, troubled].map(({ id }) => rowOf(id)));
    expect(new Set(rows.map((row) => row?.error))).toEqual(new Set(["gone", "interrupted", null]));
    expect(rows.filter((row) => row?.stored_at !== null)).toHaveLength(1);
    expect(acked()).toHaveLength(2);
    expect([...retried().values()]).toEqual([2]);
  });

  it("tries again ever later, and marks the reason meanwhile", async () => {
    const { id } = await fileAtMeta();
    paloma.simulator.rules.add({
      match: { route: "media_lookup" },
      effect: { kind: "foreign_host" },
    });
    for (const [attempts, delay] of [
      [1, 2],
      [5, 32],
      [9, 512],
    ] as const) {
      const { batch, acked, retried } = messageBatch(QUEUE, [{ body: job(id), attempts }]);
      await consumeQueue(batch, env);
      expect(acked()).toEqual([]);
      expect(retried().get("0")).toBe(delay);
    }
    expect(await rowOf(id)).toMatchObject({ error: "foreign_host", stored_at: null });
    expect(logged).toContain(
      `{"event":"media_not_archived","media_id":"${id}","reason":"foreign_host","attempts":1,"given_up":false}`,
    );
  });

  it("goes on as another queue message, ever later, before the queue gives up", async () => {
    const { id } = await fileAtMeta();
    paloma.simulator.rules.add({
      match: { route: "media_lookup" },
      effect: { kind: "graph_error", code: 12_345 },
    });
    const again = vi.spyOn(env.MEDIA_QUEUE, "send").mockImplementation(async () => ({
      metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    }));
    for (const [tries, sum, delaySeconds] of [
      [undefined, 10, 1024],
      [90, 100, 16_384],
    ] as const) {
      const body = { ...job(id), ...(tries === undefined ? {} : { tries }) };
      const { batch, acked } = messageBatch(QUEUE, [{ body, attempts: 10 }]);
      await consumeQueue(batch, env);
      expect(acked()).toEqual(["0"]);
      expect(again).toHaveBeenLastCalledWith({ ...job(id), tries: sum }, { delaySeconds });
    }
    again.mockRejectedValueOnce(new Error("Queue is overloaded"));
    const { batch, acked, retried } = messageBatch(QUEUE, [{ body: job(id), attempts: 99 }]);
    await consumeQueue(batch, env);
    expect(acked()).toEqual([]);
    expect(retried().get("0")).toBe(16_384);
    expect(await rowOf(id)).toMatchObject({ error: "refused", stored_at: null });
    expect(logged.join("\n")).toContain(
      '"code":12345,"status":400,"attempts":100,"given_up":false',
    );
  });

  it("I10: leaves to the operator what Meta never handed out, to be asked for once more", async () => {
    const { id } = await fileAtMeta({ meta_expires_at: Date.now() - 24 * 60 * 60 * 1000 });
    paloma.simulator.rules.add({
      match: { route: "media_lookup", times: 1 },
      effect: { kind: "graph_error", code: 12_345, details: "Nobody knows." },
    });
    const { batch, acked } = messageBatch(QUEUE, [{ body: { ...job(id), tries: 50 } }]);
    await consumeQueue(batch, env);
    expect(acked()).toEqual(["0"]);
    expect(await rowOf(id)).toMatchObject({ error: "never_handed_out", stored_at: null });
    const letters = await listDeadLetters(createDatabase(env.DB), { after: null, limit: 200 });
    const letter = letters.find(({ payload }) => payload.includes(id));
    expect(letter).toMatchObject({ source: "queue", payload: JSON.stringify(job(id)) });
    expect(letter?.reason).toContain("12345 Nobody knows.");
    expect(await replayDeadLetter(env, String(letter?.id))).toEqual({ kind: "replayed" });
    await eventually(
      () => rowOf(id),
      (row) => row?.stored_at !== null,
    );
  });

  it("keeps what it can't read as a dead letter", async () => {
    const marker = unique("job-");
    const { batch, acked } = messageBatch(QUEUE, [
      { body: { version: 2, marker } },
      { body: undefined },
    ]);
    await consumeQueue(batch, env);
    expect(acked().toSorted()).toEqual(["0", "1"]);
    const letters = await listDeadLetters(createDatabase(env.DB), { after: null, limit: 200 });
    expect(letters.find(({ payload }) => payload.includes(marker))).toMatchObject({
      source: QUEUE,
      reason: "not a media job this version can read",
    });
  });

  it("waits while D1 fails, and while the Worker is not configured", async () => {
    const { id } = await fileAtMeta();
    const DB = new Proxy(env.DB, {
      get: (target, name) =>
        name === "prepare"
          ? () => {
              throw new Error("D1 DB is overloaded.");
            }
          : Reflect.get(target, name),
    });
    const down = messageBatch(QUEUE, [{ body: job(id), attempts: 3 }]);
    await consumeQueue(down.batch, { ...env, DB });
    expect(down.retried().get("0")).toBe(8);
    expect(logged.join()).toContain("media_job_failed");
    const unconfigured = messageBatch(QUEUE, [{ body: job(id), attempts: 1 }]);
    await consumeQueue(unconfigured.batch, { ...env, WHATSAPP_ACCESS_TOKEN: "" });
    expect(unconfigured.retried().get("0")).toBe(2);
    expect(await rowOf(id)).toMatchObject({ error: "meta_unauthorized" });
  });

  it("has nothing to do without a bucket, and nothing is queued then", async () => {
    const { id } = await fileAtMeta();
    const { MEDIA: _taken, ...bare } = env;
    const { batch, acked } = messageBatch(QUEUE, [{ body: job(id) }]);
    // As a deployment without the binding has it.
    const withoutBucket: Env = Object.assign({}, env, { MEDIA: undefined });
    await consumeQueue(batch, withoutBucket);
    expect(acked()).toEqual(["0"]);
    expect(await rowOf(id)).toMatchObject({ error: null, stored_at: null });
    const sendBatch = vi.fn<() => Promise<QueueSendBatchResponse>>();
    await queueArchive({ ...bare, MEDIA_QUEUE: { ...env.MEDIA_QUEUE, sendBatch } }, [id]);
    expect(sendBatch).not.toHaveBeenCalled();
  });
});

describe("queueing", () => {
  it("sends a hundred at once, ids alone", async () => {
    const sendBatch = vi.fn<Queue["sendBatch"]>();
    const ids = Array.from({ length: 230 }, (_, position) => `med_${position}`);
    await queueArchive({ MEDIA: env.MEDIA, MEDIA_QUEUE: { ...env.MEDIA_QUEUE, sendBatch } }, ids);
    const batches = sendBatch.mock.calls.map(([messages]) => [...messages].map(({ body }) => body));
    expect(batches.map((batch) => batch.length)).toEqual([100, 100, 30]);
    expect(batches.flat()).toEqual(ids.map(job));
  });
});

import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { batchesOf, queueAll, sized } from "../../src/lib/queue.ts";
import type { MessageStatus } from "../../src/store/message-status.ts";
import { statusRow } from "../support/store-rows.ts";

/** https://developers.cloudflare.com/queues/platform/limits/ */
const QUEUE = { batchMessages: 100, batchBytes: 256_000, messageBytes: 128_000 };

describe("batchesOf", () => {
  it("makes none of nothing", () => {
    expect(batchesOf([])).toEqual([]);
  });

  it("puts 100 into one batch and the next into another", () => {
    const statuses = Array.from({ length: 201 }, () => sized(statusOf("{}")));
    expect(batchesOf(statuses).map(({ length }) => length)).toEqual([100, 100, 1]);
  });

  it("never begins with an empty batch", () => {
    const large = sized(statusOf("x".repeat(119_000)));
    expect(batchesOf([large, large, large]).map(({ length }) => length)).toEqual([2, 1]);
  });

  const payload = fc
    .tuple(fc.constantFrom("x", "ñ", "字", "🐶", '"', "\u0000"), fc.nat({ max: 60_000 }))
    .map(([character, count]) => character.repeat(count / character.length));

  const fits = ({ bytes }: { bytes: number }) => bytes <= 120_000;

  test.prop([fc.array(payload, { maxLength: 30 })], { numRuns: 30 })(
    "keeps all that fits, in order, within the queue's limits",
    (payloads) => {
      const statuses = payloads.map((each) => sized(statusOf(each))).filter(fits);
      const batches = batchesOf(statuses);
      expect(batches.flat()).toEqual(statuses);
      for (const batch of batches) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(QUEUE.batchMessages);
        const sizes = batch.map(({ body }) => bytesOf(body));
        expect(Math.max(...sizes)).toBeLessThan(QUEUE.messageBytes);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(QUEUE.batchBytes);
      }
    },
  );
});

describe("queueAll (I2)", () => {
  const queueOf = (sendBatch: Queue<MessageStatus>["sendBatch"]): Queue<MessageStatus> => ({
    sendBatch,
    send: () => Promise.reject(new Error("one at a time is slow")),
    metrics: () => Promise.reject(new Error("nobody asked")),
  });
  const answer = { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };

  it("sends each batch with its statuses as bodies", async () => {
    const sendBatch = vi.fn<Queue<MessageStatus>["sendBatch"]>().mockResolvedValue(answer);
    const statuses = Array.from({ length: 101 }, (_, place) => statusOf(String(place)));
    await queueAll(queueOf(sendBatch), statuses);
    const sent = sendBatch.mock.calls.map(([batch]) => Array.from(batch, ({ body }) => body));
    expect(sent).toEqual([statuses.slice(0, 100), statuses.slice(100)]);
  });

  it("asks the queue for nothing where there is nothing", async () => {
    const sendBatch = vi.fn<Queue<MessageStatus>["sendBatch"]>();
    await queueAll(queueOf(sendBatch), []);
    expect(sendBatch).not.toHaveBeenCalled();
  });

  it("fails if one batch does", async () => {
    const sendBatch = vi
      .fn<Queue<MessageStatus>["sendBatch"]>()
      .mockResolvedValueOnce(answer)
      .mockRejectedValue(new Error("queue is down"));
    const statuses = Array.from({ length: 101 }, () => statusOf("{}"));
    await expect(queueAll(queueOf(sendBatch), statuses)).rejects.toThrow("queue is down");
  });
});

function statusOf(payload: string): MessageStatus {
  return statusRow("wamid.HBgNNTIxOTk4MjIyMDAwMRUCABEYEjE3", "delivered", { payload });
}

function bytesOf(status: MessageStatus): number {
  return new TextEncoder().encode(JSON.stringify(status)).byteLength;
}

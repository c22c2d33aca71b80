import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { consumeQueue } from "../../src/jobs/queues.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { listDeadLetters } from "../../src/store/dead-letters.ts";
import { erasureId } from "../../src/lib/erasure-id.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import { newPhoneAddress } from "../support/conversation-messages.ts";
import { messageBatch } from "../support/message-batch.ts";
import { statusPack, statusRow } from "../support/store-rows.ts";
import { newWamid } from "../support/webhook-bodies.ts";

const DEAD_LETTERS = "paloma-dead-letters";

describe("consumeQueue", () => {
  it("keeps what a queue gave up on where an operator sees it (I10)", async () => {
    const wamid = newWamid();
    const { batch, acked } = messageBatch(DEAD_LETTERS, [
      { body: { wamid, place: 1 } },
      { body: `${wamid} as text` },
      { body: undefined },
    ]);
    await consumeQueue(batch, env);
    expect(acked()).toEqual(["0", "1", "2"]);
    const letters = await lettersOf(wamid);
    expect(letters.map(({ payload }) => payload)).toEqual([
      `"${wamid} as text"`,
      `{"wamid":"${wamid}","place":1}`,
    ]);
    expect(letters[0]).toMatchObject({ source: "queue", reason: "given up after every retry" });
    const answer = await exports.default.fetch("https://paloma.test/v1/dead-letters", {
      headers: { authorization: "Bearer test-operator-token" },
    });
    expect(await answer.text()).toContain(wamid);
  });

  it("keeps each status of a pack that a queue gave up on by itself (I10)", async () => {
    const wamid = newWamid();
    const statuses = [1, 2, 3].map((place) => statusRow(`${wamid}.${place}`, "read"));
    const pack = statusPack(statuses);
    const [first, ...others] = pack.statuses;
    const item = { payload: `[${JSON.stringify(wamid)}]` };
    const { batch, acked } = messageBatch(DEAD_LETTERS, [
      { body: { ...pack, statuses: [first, item, ...others] } },
    ]);
    await consumeQueue(batch, env);
    expect(acked()).toEqual(["0"]);
    const letters = await lettersOf(wamid);
    for (const letter of letters) {
      expect(letter).toMatchObject({ source: "queue", reason: "given up after every retry" });
    }
    expect(letters.map(({ payload }) => JSON.parse(payload)).toReversed()).toEqual([
      ...statuses.map((status) => ({ ...status, at: pack.received_at })),
      { ...pack, statuses: [item] },
    ]);
  });

  it("keeps no status of a person who was erased while a queue tried it", async () => {
    const { phone } = newPhoneAddress();
    const wamid = newWamid();
    const erased_at = Date.now();
    const id = erasureId(env.CONVERSATION, { kind: "phone", phone });
    await rememberErased(createDatabase(env.DB), [{ id, version: 0, erased_at }]);
    const said = { recipient_id: `521${phone.slice(2)}` };
    const [before, since] = [erased_at - 60_000, erased_at + 60_000].map((at) =>
      statusRow(wamid, "read", { at, said }),
    );
    const { batch, acked } = messageBatch(DEAD_LETTERS, [{ body: before }, { body: since }]);
    await consumeQueue(batch, env);
    expect(acked()).toEqual(["0", "1"]);
    expect((await lettersOf(wamid)).map(({ payload }) => payload)).toEqual([JSON.stringify(since)]);
  });

  it("gives the statuses of every environment to their consumer", async () => {
    for (const queue of ["paloma-status", "paloma-staging-status"]) {
      const wamid = newWamid();
      const { batch, acked } = messageBatch(queue, [{ body: { wamid } }]);
      await consumeQueue(batch, env);
      expect(acked()).toEqual(["0"]);
      expect(await lettersOf(wamid)).toMatchObject([
        { source: queue, reason: "not a status this version can read" },
      ]);
    }
  });

  it("returns dead letters where D1 fails, each for ever longer (I10)", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const { batch, acked, retried } = messageBatch(DEAD_LETTERS, [
      { body: "secreto", attempts: 1 },
      { body: "secreto", attempts: 9 },
    ]);
    const DB = new Proxy(env.DB, {
      get: (target, member) =>
        member === "batch"
          ? () => Promise.reject(new Error("D1 is down"))
          : Reflect.get(target, member, target).bind(target),
    });
    await consumeQueue(batch, { ...env, DB });
    expect(acked()).toEqual([]);
    expect(Object.fromEntries(retried())).toEqual({ "0": 2, "1": 512 });
    expect(error.mock.calls).toEqual([
      ['{"event":"dead_letters_not_kept","letters":2,"error":"Error: D1 is down"}'],
    ]);
  });

  it("is what the Worker does with a batch", async () => {
    const wamid = newWamid();
    const body = { wamid };
    const message = { id: "a", timestamp: new Date(), attempts: 100, body };
    const batch = createMessageBatch(DEAD_LETTERS, [message]);
    const context = createExecutionContext();
    await worker.queue(batch, env);
    const result = await getQueueResult(batch, context);
    expect(result).toMatchObject({ outcome: "ok", ackAll: true, retryMessages: [] });
    expect(await lettersOf(wamid)).toMatchObject([{ payload: JSON.stringify(body) }]);
  });
});

/** The newest first. */
async function lettersOf(wamid: string) {
  const page = { after: null, limit: 200 };
  const letters = await listDeadLetters(createDatabase(env.DB), page);
  return letters.filter(({ payload }) => payload.includes(wamid));
}

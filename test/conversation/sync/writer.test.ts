/** The writer that a Worker lends to the objects of one body. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Change,
  GatheringWriter,
  type LentWriter,
  type Written,
} from "../../../src/conversation/sync/writer.ts";
import { allRows, conversationRow, messageRow } from "../../support/store-rows.ts";

/** Longer than a slow object holds up the others. */
const LATE_MS = 500;

/** Sooner than that. */
const SOON_MS = 300;

function change(): Change {
  const conversation = conversationRow();
  return { conversation, messages: [messageRow(conversation)], sends: [], events: [] };
}

const isInD1 = async ({ messages: [message] }: Change): Promise<boolean> =>
  (await allRows("SELECT id FROM messages WHERE id = ?", message?.id ?? "")).length > 0;

/** As an object does, whose call takes a moment. */
async function bring(writer: LentWriter, brought: Change): Promise<Written> {
  await Promise.resolve();
  return writer.write(brought);
}

let batch = vi.spyOn(Object.getPrototypeOf(env.DB), "batch");

beforeEach(() => {
  batch = vi.spyOn(Object.getPrototypeOf(env.DB), "batch");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("I2: objects that share a writer", () => {
  test("are one round trip, however many bring something", async () => {
    const changes = Array.from({ length: 20 }, change);
    const gathering = new GatheringWriter(env);
    const written = await Promise.all(
      changes.map((each) => gathering.lendTo((writer) => bring(writer, each))),
    );
    expect(new Set(written.map(({ kind }) => kind))).toEqual(new Set(["written"]));
    expect(batch).toHaveBeenCalledOnce();
    expect(await Promise.all(changes.map(isInD1))).toEqual(changes.map(() => true));
  });

  test("wait for no call that has ended, whatever became of it", async () => {
    const gathering = new GatheringWriter(env);
    const brought = change();
    const calls = [
      gathering.lendTo((writer) => bring(writer, brought)),
      gathering.lendTo(() => Promise.resolve({ kind: "nothing" })),
      gathering.lendTo(() => Promise.reject(new Error("the object stopped"))),
    ];
    const [written, nothing, failed] = await Promise.allSettled(calls);
    expect(written).toMatchObject({ value: { kind: "written" } });
    expect([nothing?.status, failed?.status]).toEqual(["fulfilled", "rejected"]);
    expect(await isInD1(brought)).toBe(true);
  });

  test("wait 0.4 s for a slow one, whose change follows by itself", async () => {
    const gathering = new GatheringWriter(env);
    const { promise: isReady, resolve: getReady } = Promise.withResolvers<null>();
    const [soon, late] = [change(), change()];
    const first = gathering.lendTo((writer) => bring(writer, soon));
    const second = gathering.lendTo(async (writer) => {
      await isReady;
      return writer.write(late);
    });
    await vi.advanceTimersByTimeAsync(SOON_MS);
    expect(batch).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(LATE_MS - SOON_MS);
    expect(await first).toMatchObject({ kind: "written" });
    expect([await isInD1(soon), await isInD1(late)]).toEqual([true, false]);
    getReady(null);
    expect(await second).toMatchObject({ kind: "written" });
    expect(await isInD1(late)).toBe(true);
  });

  test("learn each for itself that D1 refuses their content, and that D1 fails", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const gathering = new GatheringWriter(env);
    const good = change();
    const { conversation, messages } = change();
    const typeless = { ...messages[0], type: null };
    const bad: Change = JSON.parse(
      JSON.stringify({ conversation, messages: [typeless], sends: [], events: [] }),
    );
    const both = [good, bad].map((each) => gathering.lendTo((writer) => bring(writer, each)));
    expect(await Promise.all(both)).toMatchObject([{ kind: "written" }, { kind: "refused" }]);
    expect(await isInD1(good)).toBe(true);
    batch.mockRejectedValue(new Error("D1_ERROR: D1 DB is overloaded."));
    const failing = gathering.lendTo((writer) => bring(writer, change()));
    await expect(failing).rejects.toThrow("overloaded");
  });
});

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { BusinessNumber, type Slot } from "../../src/business-number/object.ts";
import type { GraphError } from "../../src/graph/errors.ts";
import { unique } from "../support/store-rows.ts";

const SECOND_MS = 1000;

/** A number nobody else sends by. */
function newNumber() {
  const name = unique("number-");
  return { name, at: () => env.BUSINESS_NUMBER.getByName(name) };
}

function tokenRefused(members: Partial<GraphError> = {}): GraphError {
  return {
    code: 190,
    message: "(#190) Access token has expired",
    details: null,
    fbtrace_id: null,
    http_status: 401,
    retry_after_seconds: null,
    ...members,
  };
}

function returnsAt(slot: Slot): number {
  return slot.kind === "later" ? slot.at : Number.NaN;
}

describe("a business number", () => {
  it("answers when the slot has come", async () => {
    const number = newNumber();
    const startedAt = performance.now();
    const slots = await Promise.all(Array.from({ length: 40 }, () => number.at().takeSlot(null)));
    for (const slot of slots) expect(slot).toEqual({ kind: "granted", probe: false });
    // 80 a second, a tenth for what is late on its way, and half of that for what a timer is late.
    expect(performance.now() - startedAt).toBeGreaterThan(39 * 13.75 - 60);
  });

  it.each([1, 7, 80, 999, 1000])(
    "gives whole milliseconds to come back at, each once, at %i a second",
    async (perSecond) => {
      await runInDurableObject(newNumber().at(), async (_object, state) => {
        const configured = { ...env, MESSAGES_PER_SECOND: String(perSecond) };
        const number = new BusinessNumber(state, configured);
        // More than are held, though the clock goes on meanwhile.
        const held = 3 * perSecond + 10;
        for (let message = 0; message < held; message += 1) void number.takeSlot(null);
        const slots = await Promise.all(Array.from({ length: 50 }, () => number.takeSlot(null)));
        const times = slots.map(returnsAt);
        expect(times.every(Number.isInteger)).toBe(true);
        const [first = 0, last = 0] = [times[0], times.at(-1)];
        expect(Math.abs(last - first - (49 * 1100) / perSecond)).toBeLessThanOrEqual(1);
      });
    },
  );

  it("lets callers that the gate can't hold come back with the slots they have", async () => {
    await runInDurableObject(newNumber().at(), async (_object, state) => {
      const number = new BusinessNumber(state, { ...env, MESSAGES_PER_SECOND: "1" });
      const slotAt = Date.now() - 60 * SECOND_MS;
      const late = Array.from({ length: 10 }, () => number.takeSlot(slotAt));
      expect(await late[0]).toEqual({ kind: "granted", probe: false });
      const away = await Promise.all(late.slice(4));
      expect(away.map(({ kind }) => kind)).toEqual(away.map(() => "later"));
      for (const slot of away) expect(slot).toMatchObject({ slot_at: slotAt });
      expect(new Set(away.map(returnsAt)).size).toBe(away.length);
    });
  });

  it("writes nothing down where nobody has to wait", async () => {
    const number = newNumber();
    for (let message = 0; message < 5; message += 1) await number.at().takeSlot(null);
    const kept = await runInDurableObject(number.at(), (_object, { storage }) =>
      Array.from(storage.kv.list()),
    );
    expect(kept).toEqual([]);
  });

  it("keeps the pace across an eviction while it is busy", async () => {
    const number = newNumber();
    await Promise.all(Array.from({ length: 60 }, () => number.at().takeSlot(null)));
    await evictDurableObject(number.at());
    const startedAt = performance.now();
    const slot = await number.at().takeSlot(null);
    // What it wrote down reaches a few seconds further than what it gave away.
    const waited = performance.now() - startedAt;
    expect(slot.kind === "later" || waited > 900).toBe(true);
  });

  it("keeps booked slots free across an eviction: their messages leave without asking", async () => {
    const number = newNumber();
    const slots = await number.at().bookSlots(100, 2 * SECOND_MS);
    expect(slots).toHaveLength(100);
    expect(slots.every(Number.isInteger)).toBe(true);
    await evictDurableObject(number.at());
    // Late: its slot has passed, and no gap is known.
    const late = await number.at().takeSlot(Date.now() - SECOND_MS);
    const back = Math.min(...slots) + 1000;
    expect(late.kind === "later" ? late.at : Date.now()).toBeGreaterThan(back);
    expect(await number.at().takeSlot(null)).toMatchObject({ kind: "later" });
  });

  it("books no slots while Meta refuses the number", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const number = newNumber();
    await number.at().needsOperator(tokenRefused(), true);
    expect(await number.at().bookSlots(10, 0)).toEqual([]);
  });

  it('holds everybody back after Meta\'s "too fast", also who was waiting for a slot', async () => {
    const number = newNumber();
    const slots = Array.from({ length: 100 }, () => number.at().takeSlot(null));
    await slots[0];
    await number.at().pause(60);
    const last = await slots[99];
    expect(last?.kind === "later" && last.at > Date.now() + 55 * SECOND_MS).toBe(true);
    expect(await number.at().takeSlot(null)).toMatchObject({ kind: "later" });
    await evictDurableObject(number.at());
    const back = await number.at().takeSlot(Date.now());
    expect(back.kind === "later" && back.at > Date.now() + 50 * SECOND_MS).toBe(true);
  });

  it("answers those that wait once Meta refuses the number itself", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const number = newNumber();
    const slots = Array.from({ length: 100 }, () => number.at().takeSlot(null));
    await slots[0];
    await number.at().needsOperator(tokenRefused(), true);
    expect(await slots[99]).toMatchObject({ kind: "blocked", error: { code: 190 } });
  });

  it("reports once that somebody must act, and lets one message in a while try", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const info = vi.spyOn(console, "info").mockReturnValue();
    const number = newNumber();
    for (let message = 0; message < 3; message += 1) {
      await number.at().needsOperator(tokenRefused(), true);
    }
    expect(error.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
      {
        event: "meta_needs_operator",
        phone_number_id: `…${number.name.slice(-4)}`,
        code: 190,
        reason: "(#190) Access token has expired",
        blocks_number: true,
      },
    ]);
    expect(await number.at().takeSlot(null)).toMatchObject({
      kind: "blocked",
      error: { code: 190 },
    });
    // It is known after an eviction, and tried at once.
    await evictDurableObject(number.at());
    expect(await number.at().takeSlot(null)).toEqual({ kind: "granted", probe: true });
    expect(await number.at().takeSlot(null)).toMatchObject({ kind: "blocked" });
    await number.at().needsOperator(tokenRefused(), true);
    expect(error).toHaveBeenCalledTimes(1);
    await number.at().works();
    expect(info.mock.lastCall?.[0]).toContain("meta_works_again");
    expect(await number.at().takeSlot(null)).toEqual({ kind: "granted", probe: false });
    await number.at().works();
    expect(info).toHaveBeenCalledTimes(1);
  });

  it("reports another trouble while it is blocked", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const number = newNumber();
    await number.at().needsOperator(tokenRefused(), true);
    await number.at().needsOperator(tokenRefused({ code: 131031, details: "Locked." }), true);
    expect(error).toHaveBeenCalledTimes(2);
    expect(error.mock.lastCall?.[0]).toContain("Locked.");
  });

  it("reports what concerns one message alone once as well, and goes on", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const number = newNumber();
    for (let message = 0; message < 3; message += 1) {
      await number.at().needsOperator(tokenRefused({ code: 130497 }), false);
    }
    expect(error).toHaveBeenCalledTimes(1);
    expect(await number.at().takeSlot(null)).toEqual({ kind: "granted", probe: false });
  });
});

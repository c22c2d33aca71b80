import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { AlarmClock } from "../../../src/conversation/storage/alarm.ts";
import { DAY_MS, newPhoneAddress } from "../../support/conversation-messages.ts";
import { conversationAt } from "../../support/conversation-object.ts";

/** The clock of a fresh object, and each time it set the platform's alarm; NaN = it removed it. */
async function withClock(
  work: (clock: AlarmClock, alarm: () => Promise<number | null>, sets: number[]) => Promise<void>,
): Promise<void> {
  await runInDurableObject(conversationAt(newPhoneAddress()), async (_object, { storage }) => {
    const sets: number[] = [];
    const counting = new Proxy(storage, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...parameters: unknown[]): unknown => {
          if (name === "setAlarm" || name === "deleteAlarm") sets.push(Number(parameters[0]));
          return Reflect.apply(member, target, parameters);
        };
      },
    });
    await work(new AlarmClock(counting), () => storage.getAlarm(), sets);
    await storage.deleteAlarm();
  });
}

const TOMORROW = Date.now() + DAY_MS;

describe("the alarm of a conversation", () => {
  it("is the earliest thing due", () =>
    withClock(async (clock, alarm) => {
      clock.atLatest(TOMORROW + 2000);
      clock.atLatest(TOMORROW);
      clock.atLatest(TOMORROW + 1000);
      expect(await alarm()).toBe(TOMORROW);
    }));

  it("is not set again while an earlier one is pending", () =>
    withClock(async (clock, _alarm, sets) => {
      for (const later of [0, 0, 1, 1000]) clock.atLatest(TOMORROW + later);
      expect(sets).toEqual([TOMORROW]);
    }));

  it("that is pending from before is known after waking", () =>
    withClock(async (clock, alarm, sets) => {
      clock.atLatest(TOMORROW);
      clock.fired();
      await clock.wake();
      clock.atLatest(TOMORROW + 1000);
      expect(sets).toEqual([TOMORROW]);
      clock.atLatest(TOMORROW - 1000);
      expect(await alarm()).toBe(TOMORROW - 1000);
    }));

  it("is set again once it fired", () =>
    withClock(async (clock, alarm) => {
      clock.atLatest(TOMORROW);
      clock.fired();
      clock.atLatest(TOMORROW + 1000);
      expect(await alarm()).toBe(TOMORROW + 1000);
    }));

  it("moves to exactly the given time, later as well, or goes", () =>
    withClock(async (clock, alarm) => {
      clock.atLatest(TOMORROW);
      await clock.exactly(TOMORROW + 5000);
      expect(await alarm()).toBe(TOMORROW + 5000);
      await clock.exactly(null);
      expect(await alarm()).toBeNull();
      clock.atLatest(TOMORROW + 9000);
      expect(await alarm()).toBe(TOMORROW + 9000);
    }));

  it("that fired with nothing more to do costs no write", () =>
    withClock(async (clock, alarm, sets) => {
      clock.atLatest(TOMORROW);
      await clock.exactly(TOMORROW);
      expect(sets).toEqual([TOMORROW]);
      await clock.exactly(null);
      await clock.exactly(null);
      expect(sets).toEqual([TOMORROW, Number.NaN]);
      expect(await alarm()).toBeNull();
    }));
});

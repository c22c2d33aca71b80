import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { erasureId } from "../../src/lib/erasure-id.ts";
import { reportedBy } from "../../src/message/reported-identity.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import { withoutErased } from "../../src/webhook/erased.ts";
import type { AccountEvent } from "../../src/webhook/events.ts";
import { newPhoneAddress, newUserId } from "../support/conversation-messages.ts";
import { NUMBER } from "../support/paloma.ts";
import { recordedD1 } from "../support/recorded-d1.ts";

const NOON = Date.UTC(2026, 10, 25, 12);
const MINUTE_MS = 60_000;
const seconds = (at: number) => String(at / 1000);

const database = createDatabase(env.DB);

let phone: string;
let userId: string;

/** Both were erased at noon. */
beforeEach(async () => {
  const address = newPhoneAddress();
  phone = address.phone;
  userId = newUserId();
  const addresses = [address, { kind: "user" as const, user_id: userId }];
  await rememberErased(
    database,
    addresses.map((each) => {
      return { id: erasureId(env.CONVERSATION, each), version: 0, erased_at: NOON };
    }),
  );
});

function eventOf(value: unknown, entry_time: string | null): AccountEvent {
  return {
    field: "user_preferences",
    business_account_id: null,
    entry_time,
    phone_number_id: NUMBER,
    value: typeof value === "string" ? value : JSON.stringify(value),
    received_at: NOON + MINUTE_MS,
  };
}

async function kept(event: AccountEvent): Promise<string[]> {
  const events = { account: [event], effects: [], unusable: [] };
  const { account } = await withoutErased(env, database, events, NOON + MINUTE_MS);
  return account.map(({ value }) => value);
}

describe("a webhook field", () => {
  test("of before an erasure loses what speaks of the person, by any spelling", async () => {
    const spelled = `521${phone.slice(2)}`;
    for (const who of [phone, spelled, `+${spelled}`, userId]) {
      const value = { list: [{ wa_id: who }, { wa_id: "529980000000" }] };
      expect(await kept(eventOf(value, seconds(NOON)))).toEqual([
        '{"list":[{"wa_id":"529980000000"}]}',
      ]);
      expect(await kept(eventOf({ list: [{ wa_id: who }] }, seconds(NOON)))).toEqual([]);
      const after = eventOf(value, seconds(NOON + MINUTE_MS));
      expect(await kept(after)).toEqual([after.value]);
    }
  });

  test("without a time is as old as the newest stamp in it, or else as its receipt", async () => {
    const stamped = (at: number) => ({ list: [{ wa_id: phone, timestamp: seconds(at) }] });
    expect(await kept(eventOf(stamped(NOON), null))).toEqual([]);
    expect(await kept(eventOf(stamped(NOON + MINUTE_MS), null))).toHaveLength(1);
    expect(await kept(eventOf({ wa_id: phone }, null))).toHaveLength(1);
  });

  test("that is no JSON goes whole, and one of nobody stays as it is in one look", async () => {
    expect(await kept(eventOf(`no JSON of ${phone}`, seconds(NOON)))).toEqual([]);
    const { database: recorded, record } = recordedD1(env.DB);
    const events = { account: [eventOf({ a: "529981111111" }, null)], effects: [], unusable: [] };
    const same = await withoutErased(env, createDatabase(recorded), events, NOON);
    expect(same.account).toBe(events.account);
    expect(record.roundTrips).toBe(1);
    await withoutErased(env, createDatabase(recorded), { ...events, account: [] }, NOON);
    expect(record.roundTrips).toBe(1);
  });
});

describe("what else a webhook brings of before", () => {
  test("goes: a preference, and what could not be used", async () => {
    const preference = (at: number) => {
      return { kind: "marketing" as const, addresses: [phone], preference: "stop", at };
    };
    const unusable = (at: number) => {
      return { reason: "", value: JSON.stringify({ from: phone, timestamp: seconds(at) }) };
    };
    const call = {
      kind: "call" as const,
      phoneNumberId: NUMBER,
      address: { kind: "phone" as const, phone },
      at: NOON,
      identity: reportedBy([phone], NOON),
    };
    const events = {
      account: [],
      effects: [preference(NOON), preference(NOON + 1), call],
      unusable: [unusable(NOON), unusable(NOON + MINUTE_MS), { reason: "", value: `["${phone}"]` }],
    };
    const left = await withoutErased(env, database, events, NOON + MINUTE_MS);
    // A call is its object's to ignore.
    expect(left.effects).toEqual(events.effects.slice(1));
    expect(left.unusable).toEqual(events.unusable.slice(1));
  });
});

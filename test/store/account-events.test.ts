import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  keepAccountEvents,
  listAccountEvents,
  type NewAccountEvent,
} from "../../src/store/account-events.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import { NUMBER, OTHER_NUMBER } from "../support/paloma.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { unique } from "../support/store-rows.ts";
import { ACCOUNT } from "../support/webhook-bodies.ts";

const NOON = Date.parse("2026-11-22T12:00:00Z");

/** Before anything else that the tests store. */
const LONG_AGO = Date.parse("1999-12-31T12:00:00Z");

const database = createDatabase(env.DB);

describe("account events", () => {
  it("come out as they went in, newest first", async () => {
    const field = crypto.randomUUID();
    const events = [3, 1, 2].map((hour) =>
      eventOf(field, { value: `{"hour":${hour}}`, received_at: NOON + hour }),
    );
    await keepAccountEvents(database, events);
    const listed = await list(field);
    expect(listed).toEqual(
      events
        .toSorted((one, other) => other.received_at - one.received_at)
        .map(({ entry_time: _hashed, ...event }) => ({
          ...event,
          id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
        })),
    );
  });

  it("keep whatever a field or a value is called", async () => {
    const field = `'"; DROP TABLE account_events; -- ñ🐶 ${crypto.randomUUID()}`;
    const value = '{"a":"\\ud800 \\u0000 \\\\ \\" ñ🐶","n":9007199254740993}';
    await keepAccountEvents(database, [eventOf(field, { value, business_account_id: null })]);
    expect(await list(field)).toMatchObject([{ field, value, business_account_id: null }]);
  });

  it("are the same when redelivered, and the first receipt counts (I3)", async () => {
    const field = crypto.randomUUID();
    await keepAccountEvents(database, [eventOf(field), eventOf(field)]);
    await keepAccountEvents(database, [eventOf(field, { received_at: NOON + 1 })]);
    expect(await list(field)).toMatchObject([{ received_at: NOON }]);
  });

  it.each<[string, Partial<NewAccountEvent>]>([
    ["value", { value: '{"event":"other"}' }],
    ["account", { business_account_id: "1" }],
    ["time at Meta", { entry_time: "1795449601" }],
    ["number", { phone_number_id: OTHER_NUMBER }],
    ["unnamed number", { phone_number_id: null }],
  ])("are others with another %s", async (_case, difference) => {
    const field = crypto.randomUUID();
    await keepAccountEvents(database, [eventOf(field), eventOf(field, difference)]);
    expect(await list(field)).toHaveLength(2);
  });

  it("larger than a row are kept whole, among small ones", async () => {
    const field = crypto.randomUUID();
    const large = `{"history":"${"字".repeat(1_000_000)}"}`;
    const events = [large, '{"small":true}', `${large} `].map((value, place) =>
      eventOf(field, { value, received_at: NOON - place }),
    );
    await keepAccountEvents(database, events);
    await keepAccountEvents(database, events);
    const values = (await list(field)).map(({ value }) => value);
    expect(values.map(({ length }) => length)).toEqual(events.map(({ value }) => value.length));
    expect(values.every((value, place) => value === events[place]?.value)).toBe(true);
  });

  it("of any number are few statements in one round trip", async () => {
    const field = crypto.randomUUID();
    const recorded = recordedD1(env.DB);
    const events = Array.from({ length: 2000 }, (_, place) =>
      eventOf(field, { value: String(place) }),
    );
    await keepAccountEvents(createDatabase(recorded.database), events);
    expect(recorded.record.roundTrips).toBe(1);
    expect(recorded.record.statements).toHaveLength(1);
    expect(await list(field, 3000)).toHaveLength(2000);
  });

  it("of somebody who was erased since are refused, with all of their body, however late D1 takes them", async () => {
    const field = crypto.randomUUID();
    const [erased, other] = [unique("erased-"), unique("other-")];
    await rememberErased(database, [{ id: erased, version: 0, erased_at: 2000 }]);
    const about = (at: number, ...erasure_ids: string[]) => ({ erasure_ids, at });
    const others = { ...eventOf(field, { value: '"of others"' }), about: about(1000, other) };
    const late = { ...eventOf(field, { value: '"late"' }), about: about(2000, other, erased) };
    await expect(keepAccountEvents(database, [others, late])).rejects.toThrow("NOT NULL");
    expect(await list(field)).toEqual([]);
    const since = { ...eventOf(field, { value: '"since"' }), about: about(2001, erased) };
    await keepAccountEvents(database, [others, since]);
    expect(await list(field)).toHaveLength(2);
  });

  it("are no round trip where there are none", async () => {
    const recorded = recordedD1(env.DB);
    await keepAccountEvents(createDatabase(recorded.database), []);
    expect(recorded.record.roundTrips).toBe(0);
  });

  it("come in pages that neither skip nor repeat, whatever arrives meanwhile", async () => {
    const field = crypto.randomUUID();
    // Several in one millisecond: the id decides.
    const events = Array.from({ length: 7 }, (_, place) =>
      eventOf(field, { value: String(place), received_at: NOON + Math.floor(place / 3) }),
    );
    await keepAccountEvents(database, events);
    const seen: string[] = [];
    for (;;) {
      const last = (await all(field)).find(({ id }) => id === seen.at(-1)) ?? null;
      const page = await listAccountEvents(database, { field, after: last, limit: 2 });
      if (page.length === 0) break;
      seen.push(...page.map(({ id }) => id));
      await keepAccountEvents(database, [
        eventOf(field, { value: JSON.stringify(crypto.randomUUID()), received_at: NOON + 1000 }),
      ]);
    }
    const expected = (await all(field)).filter(({ received_at }) => received_at < NOON + 1000);
    expect(seen).toEqual(expected.map(({ id }) => id));
    expect(seen).toHaveLength(7);
  });

  it("are listed without a field as well", async () => {
    const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
    await keepAccountEvents(database, [
      eventOf(one, { received_at: LONG_AGO }),
      eventOf(other, { received_at: LONG_AGO - 1 }),
    ]);
    const after = { received_at: LONG_AGO + 1, id: "" };
    const oldest = await listAccountEvents(database, { field: null, after, limit: 2 });
    expect(oldest.map(({ field }) => field)).toEqual([one, other]);
  });
});

function eventOf(field: string, changes: Partial<NewAccountEvent> = {}): NewAccountEvent {
  return {
    field,
    business_account_id: ACCOUNT,
    entry_time: "1795449600",
    phone_number_id: NUMBER,
    value: '{"event":"APPROVED"}',
    received_at: NOON,
    ...changes,
  };
}

function list(field: string, limit = 50) {
  return listAccountEvents(database, { field, after: null, limit });
}

function all(field: string) {
  return list(field, 1000);
}

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { keepAccountEvents, type NewAccountEvent } from "../../../src/store/account-events.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { keepDeadLetters } from "../../../src/store/dead-letters.ts";
import { type Answer, NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";
import { ACCOUNT } from "../../support/webhook-bodies.ts";

const NOON = Date.parse("2026-11-22T12:00:00Z");

const database = createDatabase(env.DB);

let paloma: Paloma;

beforeEach(() => {
  paloma = startPaloma();
});

describe("GET /v1/events", () => {
  it("shows the raw value with where and when it came", async () => {
    const field = await eventsOf(1);
    const { status, headers, body } = await paloma.api("GET", `/v1/events?field=${field}`);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    expect(body).toEqual({
      data: [
        {
          id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
          field,
          business_account_id: ACCOUNT,
          phone_number_id: NUMBER,
          value: { place: 0 },
          received_at: "2026-11-22T12:00:00.000Z",
        },
      ],
      next_cursor: null,
    });
  });

  it("goes from page to page, newest first", async () => {
    const field = await eventsOf(5);
    const rows = await allPages(`/v1/events?field=${field}&limit=2`);
    expect(rows.map(({ value }) => value.place)).toEqual([4, 3, 2, 1, 0]);
  });

  it("is empty for a field that never came", async () => {
    const { body } = await paloma.api("GET", "/v1/events?field=never");
    expect(body).toEqual({ data: [], next_cursor: null });
  });

  it("shows what is not JSON as text, and the rows beside it as they are", async () => {
    const field = crypto.randomUUID();
    await keepAccountEvents(
      database,
      ["12ab-34", '{"digits":9007199254740993}', '{"cut":"of'].map((value, place) =>
        eventOf(field, value, NOON - place),
      ),
    );
    const { status, body } = await paloma.api("GET", `/v1/events?field=${field}`);
    expect(status).toBe(200);
    expect(body.data.map(({ value }: Answer["body"]) => value)).toEqual([
      "12ab-34",
      { digits: 9007199254740992 },
      '{"cut":"of',
    ]);
  });

  it("without a field shows every field", async () => {
    const [one, other] = [await eventsOf(1, Date.now()), await eventsOf(1, Date.now())];
    const rows: Answer["body"][] = (await paloma.api("GET", "/v1/events?limit=200")).body.data;
    expect(rows.map(({ field }) => field)).toEqual(expect.arrayContaining([one, other]));
  });
});

describe("GET /v1/dead-letters", () => {
  it("shows the raw payload with where it came from, from page to page", async () => {
    const reason = crypto.randomUUID();
    const now = Date.now();
    const letters = [1, 2, 3].map((place) => ({
      source: "webhook",
      reason,
      payload: JSON.stringify({ place }),
    }));
    await keepDeadLetters(database, letters, now);
    const rows = await allPages("/v1/dead-letters?limit=2", reason);
    expect(rows.slice(0, 3)).toEqual(
      [3, 2, 1].map((place) => ({
        id: expect.stringMatching(/^ded_[0-9a-f]{32}$/),
        source: "webhook",
        reason,
        payload: { place },
        created_at: new Date(now).toISOString(),
      })),
    );
  });

  it("shows what is not JSON as text", async () => {
    const reason = crypto.randomUUID();
    const letters = [{ source: "webhook", reason, payload: "12ab-34" }];
    await keepDeadLetters(database, letters, Date.now());
    const [row] = await allPages("/v1/dead-letters?limit=2", reason);
    expect(row.payload).toBe("12ab-34");
  });
});

/** Events of a field nobody else has, a second apart. */
async function eventsOf(count: number, at = NOON): Promise<string> {
  const field = crypto.randomUUID();
  const events = Array.from({ length: count }, (_, place) =>
    eventOf(field, JSON.stringify({ place }), at + place * 1000),
  );
  await keepAccountEvents(database, events);
  return field;
}

function eventOf(field: string, value: string, received_at: number): NewAccountEvent {
  return {
    field,
    business_account_id: ACCOUNT,
    entry_time: null,
    phone_number_id: NUMBER,
    value,
    received_at,
  };
}

/** The rows of every page, or of those that have rows for this reason. */
async function allPages(path: string, reason?: string): Promise<Answer["body"][]> {
  const rows: Answer["body"][] = [];
  let cursor = "";
  for (;;) {
    const { body } = await paloma.api("GET", path + cursor, undefined, { token: "operator" });
    const page: Answer["body"][] = body.data;
    const wanted = page.filter((row) => reason === undefined || row.reason === reason);
    rows.push(...wanted);
    const done = reason !== undefined && rows.length > 0 && page.at(-1)?.reason !== reason;
    if (body.next_cursor === null || done) return rows;
    cursor = `&cursor=${body.next_cursor}`;
  }
}

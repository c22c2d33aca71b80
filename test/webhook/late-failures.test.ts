/** Answers that Meta accepts and fails later: the customer never got them. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { upkeep } from "../../src/jobs/cron.ts";
import { DAY_MS, MINUTE_MS } from "../../src/lib/time.ts";
import { eventually, newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";
import { allRows } from "../support/store-rows.ts";

/** Undeliverable: the phone is off, or has another app by now. */
const UNDELIVERABLE = 131026;

let paloma: Paloma;

beforeEach(() => {
  paloma = startPaloma();
});

/** A customer who wrote, and since when they wait. */
async function customerWhoWaits() {
  const from = newCustomer();
  await paloma.simulator.customers.write({ from, content: { type: "text", body: "¿Hola?" } });
  await paloma.simulator.flush();
  const { waiting_since } = await shown(from);
  expect(waiting_since).not.toBeNull();
  const waits = { status: "active", waiting_since };
  return { from, waits, answer: (members = {}) => answer(from, members) };
}

const answer = (from: string, members: object) =>
  paloma.api("POST", "/v1/messages", { to: `+${from}`, text: { body: "¡Hola!" }, ...members });

async function shown(contact: string) {
  const { body } = await paloma.api("GET", `/v1/conversations?contact=${contact}`);
  return body.data[0];
}

describe("a customer waits again", () => {
  it("once Meta reports that the only answer failed, and no more after the next one", async () => {
    const { from, waits, answer: send } = await customerWhoWaits();
    const match = { times: 1 };
    paloma.simulator.rules.add({ match, effect: { kind: "fail_later", code: UNDELIVERABLE } });
    await send();
    expect(await shown(from)).toMatchObject({ status: "active", waiting_since: null });
    await paloma.simulator.flush();
    await eventually(
      () => shown(from),
      ({ waiting_since }) => waiting_since !== null,
    );
    expect(await shown(from)).toMatchObject(waits);
    await send();
    await paloma.simulator.flush();
    expect((await shown(from)).waiting_since).toBeNull();
  });

  it("where Meta reported it before D1 had the message", async () => {
    const { from, waits, answer: send } = await customerWhoWaits();
    paloma.simulator.rules.add({ effect: { kind: "status_before_answer" } });
    paloma.simulator.customers.put(from, { onWhatsApp: false });
    vi.mocked(globalThis.fetch).mockImplementationOnce(async (input, init) => {
      const response = await paloma.simulator.fetch(new Request(input, init));
      const wamid = paloma.simulator.sent.at(-1)?.wamid ?? "";
      const recorded = () => allRows("SELECT status FROM message_statuses WHERE wamid = ?", wamid);
      await eventually(recorded, (statuses) => statuses.length === 1);
      return response;
    });
    await send();
    await eventually(
      () => shown(from),
      ({ waiting_since }) => waiting_since !== null,
    );
    expect(await shown(from)).toMatchObject(waits);
  });

  it("a day after Meta's answer was lost, without any status", async () => {
    const { from, waits, answer: send } = await customerWhoWaits();
    paloma.simulator.rules.add({ effect: { kind: "lost_connection", when: "before" } });
    expect((await send()).body.status).toBe("unconfirmed");
    expect((await shown(from)).waiting_since).toBeNull();
    await upkeep(env, Date.now() + DAY_MS + MINUTE_MS);
    expect(await shown(from)).toMatchObject(waits);
  });
});

/** A send by a business number that is none of ours. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newCustomer, startPaloma } from "../support/paloma.ts";

const REMINDER = {
  type: "template",
  template: {
    name: "appointment_reminder",
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  },
};

const NOBODYS = "999540352242922";

/** One of ours that nobody wrote to yet. */
const NEW_NUMBER = "306540352242922";

async function rowsOf(number: string): Promise<unknown[]> {
  const tables = ["conversations", "messages"];
  const found = await Promise.all(
    tables.map((table) =>
      env.DB.prepare(`SELECT id FROM ${table} WHERE phone_number_id = ?`).bind(number).all(),
    ),
  );
  return found.flatMap(({ results }) => results);
}

describe("a from that is no number of ours", () => {
  it("is refused, and leaves nothing behind", async () => {
    const { api, simulator } = startPaloma();
    const request = { to: `+${newCustomer()}`, from: NOBODYS, ...REMINDER };
    expect(await api("POST", "/v1/messages", request)).toMatchObject({
      status: 422,
      body: { code: "invalid_request", errors: [{ pointer: "/from" }] },
    });
    const user = { recipient: "MX.13491208655302741918", from: NOBODYS, ...REMINDER };
    expect(await api("POST", "/v1/messages", user)).toMatchObject({ status: 422 });
    expect(simulator.sent).toEqual([]);
    expect(await rowsOf(NOBODYS)).toEqual([]);
  });

  it("is asked of Meta once for a whole batch", async () => {
    const number = { id: NEW_NUMBER, displayPhoneNumber: "+52 998 316 2440", verifiedName: "Luna" };
    const { api, simulator } = startPaloma({ businessNumbers: [number] });
    const messages = [NOBODYS, NEW_NUMBER].flatMap((from) =>
      [1, 2, 3].map(() => ({ to: `+${newCustomer()}`, from, ...REMINDER })),
    );
    const { body } = await api("POST", "/v1/messages/batch", { messages });
    expect(body.data.map((entry: object) => "problem" in entry)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(simulator.calls.filter(({ method }) => method === "GET")).toHaveLength(2);
    expect(await rowsOf(NOBODYS)).toEqual([]);
    expect(await rowsOf(NEW_NUMBER)).toHaveLength(6);
  });

  it("is an unknown object to Graph's clients", async () => {
    const { api } = startPaloma();
    const body = { messaging_product: "whatsapp", to: `+${newCustomer()}`, ...REMINDER };
    expect(await api("POST", `/v25.0/${NOBODYS}/messages`, body)).toMatchObject({
      status: 400,
      body: { error: { code: 100, error_subcode: 33 } },
    });
    expect(await rowsOf(NOBODYS)).toEqual([]);
  });

  it("is taken while Meta does not say so", async () => {
    const { api, simulator } = startPaloma();
    simulator.rules.add({
      match: { route: "media_lookup" },
      effect: { kind: "lost_connection", when: "before" },
    });
    const request = { to: `+${newCustomer()}`, from: "888540352242922", ...REMINDER };
    const { body } = await api("POST", "/v1/messages", request);
    expect(body).toMatchObject({ code: "rejected_by_meta", message_id: expect.any(String) });
  });
});

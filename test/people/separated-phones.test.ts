/** A phone whose digits stand apart is found wherever it was kept as it came. */
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createDatabase } from "../../src/store/d1.ts";
import { keepDeadLetters } from "../../src/store/dead-letters.ts";
import { newCustomer, NUMBER, type Paloma, startPaloma } from "../support/paloma.ts";
import { allRows, unique } from "../support/store-rows.ts";
import { ACCOUNT, metadataOf, unixSeconds } from "../support/webhook-bodies.ts";

/** Where a value larger than a row is cut. */
const PART_CHARACTERS = 600_000;

let paloma: Paloma;

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  paloma = startPaloma();
});

/** The digits with separators between them, each in its turn. */
const spelled = (phone: string, separators: readonly string[]) =>
  phone
    .split("")
    .map((digit, at) => digit + (separators[at % separators.length] ?? ""))
    .join("");

/** As Meta sends it, all but ASCII escaped. */
const escaped = (text: string) =>
  text.replaceAll(
    /[^ -~]/g,
    (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

async function exportOf(phone: string): Promise<string> {
  const response = await exports.default.fetch(`https://paloma.test/v1/contacts/${phone}/export`, {
    headers: { authorization: "Bearer test-operator-token" },
  });
  return response.text();
}

const syncOf = (marker: string, ...phones: string[]) => {
  const contacts = phones.map((phone_number) => {
    return { type: "contact", contact: { full_name: marker, phone_number } };
  });
  const value = { metadata: metadataOf(NUMBER), state_sync: contacts };
  const changes = [{ field: "smb_app_state_sync", value }];
  const entry = [{ id: ACCOUNT, time: Number(unixSeconds(Date.now() - 60_000)), changes }];
  return JSON.stringify({ object: "whatsapp_business_account", entry });
};

const eventsWith = (marker: string) =>
  allRows("SELECT value FROM account_events WHERE value LIKE ?", `%${marker}%`);

describe("a phone with separators between its digits", () => {
  test.each<[string, readonly string[]]>([
    ["no-break spaces and dashes", ["\u00a0", "\u2011", "", "\u2013"]],
    ["thin spaces and marks", ["\u2009", "\u200e", "\u200b\u00ad"]],
    ["tabs and line breaks", ["\t", "\n"]],
    ["tags beyond the BMP", ["\u{e0020}", "."]],
  ])("(%s) is exported, erased, and kept out when it comes again", async (_what, separators) => {
    const [phone, other] = [newCustomer(), newCustomer()];
    const marker = unique("Ximena ");
    const bodyOf = (name: string) =>
      syncOf(name, `+${spelled(phone, separators)}`, `${phone}0`, other);
    for (const text of [bodyOf(marker), escaped(bodyOf(`${marker} B`))]) {
      expect((await paloma.webhook(null, { text })).status).toBe(200);
    }
    expect((await exportOf(phone)).match(/"type":"event"/g)).toHaveLength(2);
    const path = `/v1/contacts/${phone}`;
    expect((await paloma.api("DELETE", path)).status).toBe(204);
    expect((await paloma.webhook(null, { text: escaped(bodyOf(`${marker} C`)) })).status).toBe(200);
    const kept = await eventsWith(marker);
    expect(kept).toHaveLength(3);
    for (const { value } of kept) {
      const phones = JSON.parse(String(value)).state_sync.map(
        (each: { contact: { phone_number: string } }) => each.contact.phone_number,
      );
      expect(phones).toEqual([`${phone}0`, other]);
    }
    expect(await exportOf(phone)).not.toContain('"type":"event"');
  });

  test("is found where it is cut between two parts of a large value", async () => {
    const phone = newCustomer();
    const marker = unique("grande-");
    const number = spelled(phone, ["\u00a0", "\u2011"]);
    const start = `{"a":"`;
    const filler = "x".repeat(PART_CHARACTERS - start.length - 11);
    const payload = `${start}${filler}","b":"${number}","c":"${marker}"}`;
    expect(payload.slice(0, PART_CHARACTERS)).not.toContain(number);
    const letter = { source: "webhook", reason: "nested too deeply", payload };
    await keepDeadLetters(createDatabase(env.DB), [letter], Date.now());
    expect(await exportOf(phone)).toContain(marker);
    expect((await paloma.api("DELETE", `/v1/contacts/${phone}`)).status).toBe(204);
    const left = "SELECT 1 FROM oversized_values WHERE text LIKE ?";
    expect(await allRows(left, `%${marker}%`)).toEqual([]);
  });
});

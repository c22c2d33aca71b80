import { describe, expect, it } from "vitest";
import { loneEvent, splitEvents } from "../../src/webhook/parse.ts";
import { NUMBER } from "../support/paloma.ts";
import { ACCOUNT, contactOf, metadataOf, newWamid } from "../support/webhook-bodies.ts";

const NOON = Date.UTC(2026, 10, 24, 12);
const ANA = "5219982220001";

const value = {
  messaging_product: "whatsapp",
  metadata: metadataOf(NUMBER),
  contacts: [contactOf(ANA, "Ana")],
  messages: [{ from: ANA, id: "wamid.other" }, { from: ANA }],
  statuses: [{ id: "wamid.status", status: "sent" }],
};

const place = { accountId: ACCOUNT, field: "messages", value };

describe("loneEvent (I10)", () => {
  it("is a body of this one event, with all that stood beside it but other events", () => {
    const event = { from: ANA, type: "text" };
    expect(JSON.parse(loneEvent(place, "messages", event))).toEqual({
      object: "whatsapp_business_account",
      entry: [
        {
          id: ACCOUNT,
          changes: [
            {
              field: "messages",
              value: {
                messaging_product: "whatsapp",
                metadata: metadataOf(NUMBER),
                contacts: [contactOf(ANA, "Ana")],
                messages: [event],
              },
            },
          ],
        },
      ],
    });
  });

  it.each<[string, unknown]>([
    ["nothing", null],
    ["text", "hola"],
    ["a list", [[]]],
  ])("holds an event that is %s as it came", (_what, event) => {
    const body = JSON.parse(loneEvent(place, "statuses", JSON.parse(JSON.stringify(event))));
    expect(body.entry[0].changes[0].value.statuses).toEqual([event]);
  });

  it("says the same as where it stood, once what it lacked is there", () => {
    const lacking = {
      from: ANA,
      timestamp: String(NOON / 1000),
      type: "text",
      text: { body: "Hola" },
    };
    const body = {
      entry: [
        { id: ACCOUNT, changes: [{ field: "messages", value: { ...value, messages: [lacking] } }] },
      ],
    };
    const [unusable] = splitEvents("", JSON.parse(JSON.stringify(body)), NOON).unusable;
    if (unusable === undefined) throw new Error("it lacks an id");
    const wamid = newWamid();
    const mended = unusable.value.replace(
      '"timestamp"',
      `"id":${JSON.stringify(wamid)},"timestamp"`,
    );
    const { messages, statuses, unusable: left } = splitEvents(mended, JSON.parse(mended), NOON);
    expect(left).toEqual([]);
    expect(statuses).toEqual([]);
    expect(messages).toMatchObject([
      {
        wamid,
        phone_number_id: NUMBER,
        at: NOON,
        address: { kind: "phone", phone: "529982220001" },
        person: { name: "Ana", wa_id: ANA },
      },
    ]);
  });

  it("is refused for the same reason as long as it lacks it", () => {
    const body = {
      entry: [
        {
          id: null,
          changes: [{ field: "messages", value: { ...value, messages: [{ from: ANA }] } }],
        },
      ],
    };
    const [first] = splitEvents("", JSON.parse(JSON.stringify(body)), NOON).unusable;
    if (first === undefined) throw new Error("it lacks an id");
    const again = splitEvents(first.value, JSON.parse(first.value), NOON);
    expect(again.unusable).toEqual([first]);
  });
});

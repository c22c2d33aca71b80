import { describe, expect, test } from "vitest";
import { textsToRedact } from "../../src/graph/redact.ts";
import type { JsonObject } from "../../src/lib/json.ts";

const textsOf = (body: JsonObject) =>
  textsToRedact(body)
    .map((each) => (typeof each === "string" ? each : each.written))
    .toSorted();

describe("I11: what an error must not repeat", () => {
  test("the recipient", () => {
    expect(textsOf({ to: "+52 998 222 0001" })).toEqual(["+52 998 222 0001"]);
    expect(textsOf({ recipient: "MX.1349012345678901" })).toEqual(["MX.1349012345678901"]);
  });

  test("all that people wrote, be it one word and however deep, and nothing technical", () => {
    const body = {
      messaging_product: "whatsapp",
      recipient_type: "individual",
      biz_opaque_callback_data: "msg_1",
      type: "template",
      template: {
        name: "appointment_reminder",
        language: { code: "es_MX", policy: "deterministic" },
        components: [
          {
            type: "body",
            parameters: [
              { type: "text", parameter_name: "pet", text: "Luna" },
              { type: "text", text: "10:00" },
              null,
              7,
            ],
          },
          { type: "button", sub_type: "quick_reply", index: "0", parameters: [{ payload: "Sí" }] },
        ],
      },
      text: { body: " hola\n" },
      interactive: { action: { name: "cta_url", parameters: { url: "https://a.test/ana" } } },
      location: { name: "Clínica" },
      contacts: [{ name: { formatted_name: "Ana" }, phones: [{ phone: "998 222 0001" }] }],
    };
    expect(textsOf(body)).toEqual(
      [
        "Luna",
        "10:00",
        "Sí",
        "hola",
        "https://a.test/ana",
        "Clínica",
        "Ana",
        "998 222 0001",
      ].toSorted(),
    );
  });

  test("blanks alone are no text", () => {
    expect(textsOf({ text: { body: "  \n " } })).toEqual([]);
  });

  test("a very wide and a very deep body are walked through", () => {
    let deep: JsonObject = { body: "at the bottom" };
    for (let level = 0; level < 50_000; level += 1) deep = { deep };
    const body = { deep, wide: Array.from({ length: 200_000 }, () => "x") };
    expect(textsOf(body)).toEqual(["at the bottom", "x"]);
  });
});

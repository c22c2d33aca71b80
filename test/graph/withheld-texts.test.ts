import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/json/json.ts";
import { withheldTexts } from "../../src/graph/withheld-texts.ts";

describe("I11: what an error must not repeat", () => {
  test("the recipient, as written and in digits", () => {
    expect(withheldTexts({ to: "+52 998 222 0001" })).toEqual([
      "+52 998 222 0001",
      "529982220001",
      "+52 998 222 0001",
    ]);
    expect(withheldTexts({ recipient: "MX.1349012345678901" })).toEqual([
      "MX.1349012345678901",
      "1349012345678901",
    ]);
  });

  test("too short an address would strike out Meta's own words", () => {
    expect(withheldTexts({ to: "100", recipient: "" })).toEqual([]);
    expect(withheldTexts({ to: 5_219_982_220_001 })).toEqual([]);
  });

  test("all that people wrote, however deep", () => {
    const body = {
      type: "template",
      template: {
        name: "appointment_reminder",
        language: { code: "es_MX" },
        components: [{ parameters: [{ text: "Luna la gata" }, { text: "10:00" }, null, 7] }],
      },
      text: { body: "hola Ana" },
    };
    expect(withheldTexts(body).toSorted()).toEqual(["Luna la gata", "hola Ana"]);
  });

  test("blanks alone are no text", () => {
    expect(withheldTexts({ text: { body: "  \n " } })).toEqual([]);
  });

  test("a very wide and a very deep body are walked through", () => {
    let deep: JsonObject = { body: "at the bottom" };
    for (let level = 0; level < 50_000; level += 1) deep = { deep };
    const body = { deep, wide: Array.from({ length: 200_000 }, () => "x") };
    expect(withheldTexts(body)).toEqual(["at the bottom"]);
  });
});

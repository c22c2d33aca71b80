import { describe, expect, it } from "vitest";
import { templateDrift } from "../../src/templates/drift.ts";
import { templateSubmission } from "../../src/templates/known.ts";
import { orderReady } from "../../src/templates/registry.ts";
import { templateRow } from "./known-templates.ts";

const { body: BODY } = orderReady;
const { components } = templateSubmission(orderReady);

const same = templateRow({ name: "order_ready", components: JSON.stringify(components) });

const withBody = (text: string) => ({ components: JSON.stringify([{ type: "BODY", text }]) });

const drift = (...changes: Parameters<typeof templateRow>) =>
  templateDrift([orderReady], [{ ...same, ...changes[0] }]);

describe("the drift between the code and the account", () => {
  it("is none where they are the same, or Meta told no more than that it is there", () => {
    expect(drift()).toEqual([]);
    expect(drift({ status: "REINSTATED" })).toEqual([]);
    expect(drift({ components: null })).toEqual([]);
  });

  it.each([
    [{ status: "PENDING" }, "status", "APPROVED", "PENDING"],
    [{ status: null }, "status", "APPROVED", null],
    [{ category: "MARKETING" }, "category", "UTILITY", "MARKETING"],
    [withBody(BODY.replace("tu pedido", "su pedido")), "text", BODY, expect.any(String)],
    [
      { components: JSON.stringify([...components, { type: "FOOTER", text: "Gracias" }]) },
      "parts",
      "body",
      "body, footer",
    ],
    [
      {
        components: JSON.stringify([
          ...components,
          { type: "HEADER", format: "IMAGE" },
          { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Sí" }] },
        ]),
      },
      "parts",
      "body",
      "body, header, buttons",
    ],
  ])("names %j", (changes, difference, code, account) => {
    expect(drift(changes)).toEqual([
      {
        name: "order_ready",
        language: "es_MX",
        difference,
        code,
        account,
        detail: expect.stringContaining(
          `order_ready (es_MX): ${difference}: ${code} in the code, `,
        ),
      },
    ]);
  });

  it("names every difference of a template", () => {
    const all = drift({
      status: "PAUSED",
      category: "MARKETING",
      ...withBody("Hola {{first_name}}, listo."),
    });
    expect(all.map(({ detail }) => detail)).toEqual([
      "order_ready (es_MX): status: APPROVED in the code, PAUSED at the account",
      "order_ready (es_MX): category: UTILITY in the code, MARKETING at the account",
      `order_ready (es_MX): text: ${BODY} in the code, Hola {{first_name}}, listo. at the account`,
      "order_ready (es_MX): parameters: 2 {{1}} {{2}} in the code, 1 {{first_name}} at the account",
    ]);
  });

  it("says where a template is missing, deleted, or there in other languages alone", () => {
    const missing = [expect.objectContaining({ difference: "missing", account: null })];
    expect(templateDrift([orderReady], [])).toEqual(missing);
    expect(drift({ status: "DELETED" })).toEqual(missing);
    expect(drift({ name: "order_ready_2" })).toEqual(missing);
    expect(
      templateDrift(
        [orderReady],
        [
          { ...same, language: "en_US" },
          { ...same, language: "es" },
        ],
      ),
    ).toEqual([
      {
        name: "order_ready",
        language: "es_MX",
        difference: "language",
        code: "es_MX",
        account: "en_US, es",
        detail: "order_ready (es_MX): at the account only in en_US, es; push it",
      },
    ]);
  });
});

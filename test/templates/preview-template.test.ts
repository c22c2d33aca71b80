import { describe, expect, it } from "vitest";
import { previewTemplate } from "../../src/templates/preview.ts";
import { NAMED, RICH, templateRow, text } from "./known-templates.ts";

const REMINDER = { name: "order_ready", language: { code: "es_MX" } };

function rowOf(components: readonly object[], changes: object = {}) {
  return templateRow({ components: JSON.stringify(components), ...changes });
}

describe("a preview of the registry's template", () => {
  it("shows what the customer would read", () => {
    const preview = previewTemplate({ ...REMINDER, params: { name: "Ana", order: "1042" } }, null);
    expect(preview).toEqual({
      header: null,
      body: "Hola Ana, tu pedido #1042 está listo para recoger en Pet-Friendly. Horario: Mar-Dom 9am-8pm.",
      footer: null,
      buttons: [],
      errors: [],
    });
  });

  it("shows variables while they are not filled in, and an error at each", () => {
    for (const params of [{ name: "Ana" }, { name: "Ana", order: "" }]) {
      const preview = previewTemplate({ ...REMINDER, params }, null);
      expect(preview?.body).toContain("Hola Ana, tu pedido #{{2}} está listo");
      expect(preview?.errors.map(({ pointer }) => pointer)).toEqual(["/params/order"]);
    }
    const empty = previewTemplate({ ...REMINDER, params: {} }, null);
    expect(empty?.body).toContain("Hola {{1}}, tu pedido #{{2}} está listo");
    expect(empty?.errors.map(({ pointer }) => pointer)).toEqual(["/params/name", "/params/order"]);
  });

  it("takes Meta's components in the same way", () => {
    const components = [{ type: "body", parameters: [text("Ana")] }];
    const preview = previewTemplate({ ...REMINDER, components }, null);
    expect(preview?.body).toContain("Hola Ana, tu pedido #{{2}}");
    expect(preview?.errors).toHaveLength(1);
    expect(preview?.errors[0]?.pointer).toBe("/components");
  });

  it.each([{ params: 7 }, { params: ["Ana"] }, { components: "x" }, { components: [7, null] }])(
    "shows its variables for %j, which is no parameter",
    (given) => {
      const preview = previewTemplate({ ...REMINDER, ...given }, null);
      expect(preview?.body).toContain("Hola {{1}}");
      expect(preview?.errors.length).toBeGreaterThan(0);
    },
  );
});

describe("a preview of a template that Meta reported", () => {
  it("has every part, and the ends of its buttons' addresses", () => {
    const preview = previewTemplate(
      {
        name: "study_result",
        components: [
          { type: "header", parameters: [{ type: "document", document: { media_id: "med_1" } }] },
          { type: "body", parameters: [text("Luna"), text("$& lunes")] },
          { type: "button", sub_type: "url", index: "1", parameters: [text("r/$1")] },
          {
            type: "button",
            sub_type: "copy_code",
            index: 3,
            parameters: [{ type: "coupon_code", coupon_code: "X" }],
          },
        ],
      },
      rowOf(RICH),
    );
    expect(preview).toEqual({
      header: { format: "DOCUMENT", text: null },
      body: "Resultado de Luna del $& lunes, por ahora.",
      footer: "Pet-Friendly",
      buttons: [
        { type: "QUICK_REPLY", text: "Gracias" },
        { type: "URL", text: "Ver", url: "https://petfriendlyvet.com/r/$1" },
        { type: "URL", text: "Inicio", url: "https://petfriendlyvet.com/" },
        { type: "COPY_CODE", text: "Copiar" },
      ],
      errors: [],
    });
  });

  it("says all that is missing, and leaves addresses open", () => {
    const preview = previewTemplate({ name: "study_result" }, rowOf(RICH));
    expect(preview?.buttons[1]).toMatchObject({ url: "https://petfriendlyvet.com/{{1}}" });
    expect(preview?.errors.length).toBeGreaterThanOrEqual(3);
  });

  it("fills in named variables of the header and the body", () => {
    const components = [
      { type: "HEADER", parameters: [text("Luna", "pet")] },
      { type: "BODY", parameters: [text("Luna", "pet"), text("Ana", "first_name")] },
    ];
    const preview = previewTemplate({ name: "study_result", components }, rowOf(NAMED));
    expect(preview).toMatchObject({
      header: { format: "TEXT", text: "Para Luna" },
      body: "Hola Ana, ya está el estudio de Luna.",
      errors: [],
    });
  });

  it("also shows one that Meta would refuse, and why", () => {
    const preview = previewTemplate(
      { name: "study_result" },
      rowOf([{ type: "BODY", text: "Hola." }], { status: "PAUSED" }),
    );
    expect(preview?.body).toBe("Hola.");
    expect(preview?.errors).toEqual([
      { pointer: "/name", detail: expect.stringContaining("PAUSED") },
    ]);
  });

  it("is none where nobody knows the text", () => {
    expect(previewTemplate({ name: "unheard_of" }, null)).toBeNull();
    expect(previewTemplate({ name: "study_result" }, templateRow())).toBeNull();
  });
});

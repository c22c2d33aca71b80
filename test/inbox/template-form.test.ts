import { describe, expect, it } from "vitest";
import type { Template, TemplatePreview } from "../../inbox/src/state/views.ts";
import {
  contentOf,
  fieldOfProblem,
  fieldsOf,
  firstValues,
  missingIn,
  previewText,
} from "../../inbox/src/text/template-form.ts";

function template(more: Partial<Template>): Template {
  return {
    name: "order_ready",
    language: "es_MX",
    id: null,
    status: "APPROVED",
    reason: null,
    category: "UTILITY",
    quality: null,
    parameter_format: "POSITIONAL",
    components: [],
    params: null,
    created_at: "2026-11-29T16:00:00.000Z",
    updated_at: "2026-11-29T16:00:00.000Z",
    ...more,
  };
}

const SHORT = template({
  components: [{ type: "BODY", text: "Hola {{1}}, tu pedido #{{2}} está listo, {{1}}." }],
  params: [
    { name: "name", meaning: "the first name", example: "Ana" },
    { name: "order", meaning: "the order", example: "1042" },
  ],
});

const WHOLE = template({
  parameter_format: "NAMED",
  components: [
    { type: "HEADER", format: "IMAGE" },
    { type: "BODY", text: "Hola {{nombre}}" },
    { type: "FOOTER", text: "Clínica" },
    {
      type: "BUTTONS",
      buttons: [
        { type: "QUICK_REPLY", text: "Sí" },
        { type: "URL", text: "Ver", url: "https://a.mx/{{1}}" },
        { type: "COPY_CODE", text: "Copiar" },
      ],
    },
  ],
});

describe("a template of the registry", () => {
  it("asks by name, guesses the customer's, and sends the short form", () => {
    const fields = fieldsOf(SHORT);
    expect(fields.map(({ name, example }) => [name, example])).toEqual([
      ["name", "Ana"],
      ["order", "1042"],
    ]);
    const values = firstValues(fields, "Ana López");
    expect(missingIn(fields, values).map(({ name }) => name)).toEqual(["order"]);
    expect(contentOf(SHORT, { ...values, "body 2": " 7 " })).toEqual({
      name: "order_ready",
      language: { code: "es_MX" },
      params: { name: "Ana", order: "7" },
    });
  });
});

describe("any other template", () => {
  it("asks for file, variables and buttons, and sends Meta's components", () => {
    const fields = fieldsOf(WHOLE);
    expect(fields.map(({ place }) => place)).toEqual(["header_file", "body", "button", "button"]);
    const values = Object.fromEntries(fields.map(({ key }, place) => [key, `v${place}`]));
    expect(contentOf(WHOLE, values)).toEqual({
      name: "order_ready",
      language: { code: "es_MX" },
      components: [
        { type: "header", parameters: [{ type: "image", image: { link: "v0" } }] },
        { type: "body", parameters: [{ type: "text", text: "v1", parameter_name: "nombre" }] },
        { type: "button", sub_type: "url", index: "1", parameters: [{ type: "text", text: "v2" }] },
        {
          type: "button",
          sub_type: "copy_code",
          index: "2",
          parameters: [{ type: "coupon_code", coupon_code: "v3" }],
        },
      ],
    });
  });

  it("gives a header its text, and sends nothing where nothing is asked", () => {
    const titled = template({
      components: [
        { type: "HEADER", format: "TEXT", text: "Pedido {{1}}" },
        { type: "BODY", text: "Listo" },
      ],
    });
    expect(contentOf(titled, { "header 1": "7" })).toMatchObject({
      components: [{ type: "header", parameters: [{ type: "text", text: "7" }] }],
    });
    const plain = template({ components: null });
    expect(contentOf(plain, {})).toEqual({ name: "order_ready", language: { code: "es_MX" } });
    expect(firstValues(fieldsOf(plain), null)).toEqual({});
  });
});

describe("a preview", () => {
  const preview: TemplatePreview = {
    header: { format: "TEXT", text: "Pedido 7" },
    body: "Listo",
    footer: "Clínica",
    buttons: [],
    errors: [],
  };

  it("reads as one text, of which parts may be missing", () => {
    expect(previewText(preview)).toBe("Pedido 7\nListo\nClínica");
    const image = { format: "IMAGE", text: null };
    expect(previewText({ ...preview, header: image, footer: null })).toBe("Listo");
    expect(previewText({ ...preview, header: null, body: null })).toBe("Clínica");
  });

  it("shows each problem at its field, and others at none", () => {
    const nameAt = (pointer: string) => fieldOfProblem(SHORT, pointer)?.name ?? null;
    expect(["/params/order", "/params/name", "/params", "/name"].map(nameAt)).toEqual([
      "order",
      "name",
      null,
      null,
    ]);
    const placeAt = (pointer: string) => fieldOfProblem(WHOLE, pointer)?.place ?? null;
    expect(
      [
        "/components/0/parameters/0/image",
        "/components/1/parameters/0/text",
        "/components/2/parameters",
        "/components/3/index",
        "/components/9",
        "/components",
      ].map(placeAt),
    ).toEqual(["header_file", "body", "button", "button", null, null]);
  });
});

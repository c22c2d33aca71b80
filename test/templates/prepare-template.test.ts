import { describe, expect, it } from "vitest";
import { prepareTemplate } from "../../src/templates/prepare.ts";
import {
  addressEnd,
  body,
  header,
  pdf,
  RICH,
  templateRow,
  text,
  withComponents,
} from "./known-templates.ts";

const params = { name: "Ana", order: "1042" };
const short = { name: "order_ready", language: { code: "es_MX" }, params };
const rich = withComponents(
  header(pdf),
  body(text("Luna"), text("lunes")),
  addressEnd("1", text("8")),
);

describe("a template to send", () => {
  it("is completed and rendered by the registry where Meta told nothing", () => {
    expect(prepareTemplate(short, null)).toEqual({
      ok: true,
      template: {
        name: "order_ready",
        language: { code: "es_MX" },
        components: [body(text("Ana"), text("1042"))],
      },
      body: "Hola Ana, tu pedido #1042 está listo para recoger en Pet-Friendly. Horario: Mar-Dom 9am-8pm.",
      category: "UTILITY",
    });
  });

  it("reads as the customer reads it where only a sync told of it", () => {
    const row = templateRow({ components: JSON.stringify(RICH), category: "MARKETING" });
    expect(prepareTemplate(rich, row)).toEqual({
      ok: true,
      template: rich,
      body: "Resultado de Luna del lunes, por ahora.\nPet-Friendly",
      category: "MARKETING",
    });
  });

  it("reads by name where its named variables stand in another order", () => {
    const components = [
      { type: "HEADER", format: "TEXT", text: "Para {{pet}}" },
      { type: "BODY", text: "Hola {{ first_name }}, ya está lo de {{pet}}." },
    ];
    const row = templateRow({ components: JSON.stringify(components) });
    const template = withComponents(
      header(text("Luna", "pet")),
      body(text("Luna", "pet"), text("Ana", "first_name")),
    );
    expect(prepareTemplate(template, row)).toMatchObject({
      body: "Para Luna\nHola Ana, ya está lo de Luna.",
    });
  });

  it("is checked against Meta's text, not the registry's, where the two differ", () => {
    const components = [{ type: "BODY", text: "Hola {{1}}, tu pedido está listo." }];
    const row = templateRow({ name: "order_ready", components: JSON.stringify(components) });
    expect(prepareTemplate(short, row)).toEqual({
      ok: false,
      code: "template_parameters",
      errors: [
        {
          pointer: "/template/params",
          detail:
            "needs 1 parameter in its body ({{1}}), got 2. The template reads: Hola {{1}}, tu pedido está listo.",
        },
      ],
    });
  });

  it("passes untouched, by name, where nobody told of it", () => {
    const unheard = { ...rich, name: "of_another_system" };
    expect(prepareTemplate(unheard, null)).toEqual({
      ok: true,
      template: unheard,
      body: "[Plantilla: of_another_system]",
      category: null,
    });
  });

  it("is checked by the registry where a webhook told its status alone", () => {
    const row = templateRow({ name: "order_ready", category: null });
    const template = { name: "order_ready", language: { code: "es_MX" }, components: [] };
    expect(prepareTemplate(template, row, ["fallback"])).toMatchObject({
      code: "template_parameters",
      errors: [
        {
          pointer: "/fallback/components",
          detail: expect.stringContaining("needs 2 parameters in its body (name, order), got 0"),
        },
      ],
    });
    expect(prepareTemplate(short, row)).toMatchObject({ ok: true, category: "UTILITY" });
  });

  it.each([
    "PENDING",
    "IN_APPEAL",
    "REJECTED",
    "PAUSED",
    "DISABLED",
    "ARCHIVED",
    "PENDING_DELETION",
    "DELETED",
  ])("is refused where it is known to be %s, saying so and what to do", (status) => {
    const row = templateRow({ name: "order_ready", status, reason: "NONE" });
    expect(prepareTemplate(short, row)).toEqual({
      ok: false,
      code: "template_not_approved",
      errors: [
        {
          pointer: "/template/name",
          detail: expect.stringMatching(
            new RegExp(`^is ${status} at Meta: .+ If that has changed, POST /v1/templates/sync$`),
          ),
        },
      ],
    });
  });

  it.each(["APPROVED", "FLAGGED", "REINSTATED", "UNARCHIVED", "LOCKED", "SOMETHING_NEW", null])(
    "goes to Meta where it is %s (I9)",
    (status) => {
      expect(prepareTemplate(short, templateRow({ name: "order_ready", status })).ok).toBe(true);
    },
  );

  it("says why it was rejected", () => {
    const row = templateRow({ name: "order_ready", status: "REJECTED", reason: "SCAM" });
    expect(prepareTemplate(short, row)).toMatchObject({
      errors: [{ detail: expect.stringContaining("is REJECTED (SCAM) at Meta") }],
    });
  });
});

import { describe, expect, it } from "vitest";
import { findTemplate, templateRegistry } from "../../src/templates/registry.ts";

describe("templateRegistry", () => {
  it.each([
    [
      "appointment_reminder",
      "Hola {{1}}, te recordamos tu cita para {{2}} el {{3}} a las {{4}}. Responde SI para confirmar o llámanos al +52 998 316 2438 para reagendar.",
    ],
    [
      "vaccination_reminder",
      "Hola {{1}}, {{2}} tiene vacunas pendientes. Agenda tu cita en petfriendlyvet.com o responde a este mensaje.",
    ],
    [
      "order_ready",
      "Hola {{1}}, tu pedido #{{2}} está listo para recoger en Pet-Friendly. Horario: Mar-Dom 9am-8pm.",
    ],
  ])("has %s", (name, body) => {
    expect(findTemplate(name, "es_MX")).toMatchObject({ name, body, category: "UTILITY" });
  });

  it("has each name once in a language", () => {
    const keys = templateRegistry.map(({ name, language }) => `${name} ${language}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("findTemplate", () => {
  it("finds nothing under another name or in another language", () => {
    expect(findTemplate("order_ready", "es")).toBeNull();
    expect(findTemplate("oferta", "es_MX")).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import type { Message } from "../../inbox/src/state/views.ts";
import { factsOf } from "../../inbox/src/text/details.ts";
import { en } from "../../inbox/src/words/en.ts";
import { es, type Words } from "../../inbox/src/words/es.ts";
import { message } from "./support/views.ts";

type Statuses = Parameters<typeof factsOf>[1];

const AT = "2026-11-29T16:00:00.000Z";
const LATER = "2026-11-29T16:00:05.000Z";

/** Each fact as one line. */
function factLines(more: Partial<Message>, statuses: Statuses = [], words: Words = es): string[] {
  return factsOf(message(more), statuses, "Ana", words).map(({ name, at, lines = [] }) =>
    [name, ...(typeof at === "string" ? [at] : []), ...lines].join(" | "),
  );
}

describe("factsOf", () => {
  it("says who wrote, when, and how far it has come, each status with its time", () => {
    const statuses = [
      { status: "sent", at: AT },
      { status: "delivered", at: LATER, participant: "5219982220001" },
      { status: "warning", at: LATER },
    ];
    expect(factLines({ status: "delivered", sent_by: "ana@clinica.mx" }, statuses)).toEqual([
      "De | ana@clinica.mx",
      `Escrito | ${AT}`,
      `Enviado | ${AT}`,
      `Entregado | ${LATER} | 5219982220001`,
      `warning | ${LATER}`,
      "WhatsApp | wamid.1",
    ]);
  });

  it("says how far it has come until the statuses are there", () => {
    expect(factLines({ status: "read" }, [], en)[2]).toBe("Status | Read");
  });

  it("says what waits, and for when", () => {
    const facts = factLines({ status: "scheduled", wamid: null, send_at: LATER }, []);
    expect(facts.slice(2)).toEqual([`Programado | ${LATER}`, "Estado | Programado"]);
  });

  it("says whose number a customer wrote from, and no state of ours", () => {
    expect(factLines({ direction: "inbound", sent_by: null, received_at: LATER }, [])).toEqual([
      "De | Ana | +529982220001",
      `Escrito | ${AT}`,
      `Recibido | ${LATER}`,
      "WhatsApp | wamid.1",
    ]);
  });

  it("names the template, its category and what it costs", () => {
    const content = { name: "order_ready", language: { code: "es_MX" } };
    const pricing = { billable: true, pricing_model: "PMP", type: "regular", category: "utility" };
    const facts = factLines({ type: "template", status: "sent", content, pricing }, [
      { status: "sent", at: AT },
    ]);
    expect(facts.slice(3, -1)).toEqual([
      "Plantilla | order_ready | es_MX",
      "Precio | billable: true | pricing_model: PMP | type: regular | category: utility",
    ]);
  });

  it("says an error in full, with Meta's number, once", () => {
    const error = {
      code: "rejected_by_meta",
      detail: "Undeliverable.",
      meta: { code: 131_026, message: "No", details: "Undeliverable.", fbtrace_id: "trace" },
    };
    expect(factLines({ status: "failed", error, failed_at: LATER }, [])).toEqual([
      "De | ana",
      `Escrito | ${AT}`,
      `Estado | ${LATER} | No entregado`,
      "Motivo | rejected_by_meta | Meta 131026 | Undeliverable. | No | trace",
      "WhatsApp | wamid.1",
    ]);
    const ours = { code: "expired", detail: "Too late." };
    expect(factLines({ error: ours })).toContain("Motivo | expired | Too late.");
  });
});

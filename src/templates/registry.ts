/** The templates that the business uses. To push and send another one, add it here; nothing else. */
import type { TemplateDefinition } from "./definition.ts";

/** Reminds of an appointment; the answer "SI" confirms it. */
const appointmentReminder: TemplateDefinition = {
  name: "appointment_reminder",
  language: "es_MX",
  category: "UTILITY",
  body: "Hola {{1}}, te recordamos tu cita para {{2}} el {{3}} a las {{4}}. Responde SI para confirmar o llámanos al +52 998 316 2438 para reagendar.",
  parameters: [
    { name: "name", meaning: "the customer's first name", example: "Ana" },
    { name: "pet", meaning: "the name of the pet that has the appointment", example: "Luna" },
    { name: "date", meaning: "the day, as people say it", example: "lunes 30 de noviembre" },
    { name: "time", meaning: "the local time of day", example: "10:00" },
  ],
};

/** Says that an order can be picked up. */
export const orderReady: TemplateDefinition = {
  name: "order_ready",
  language: "es_MX",
  category: "UTILITY",
  body: "Hola {{1}}, tu pedido #{{2}} está listo para recoger en Pet-Friendly. Horario: Mar-Dom 9am-8pm.",
  parameters: [
    { name: "name", meaning: "the customer's first name", example: "Ana" },
    { name: "order", meaning: "the order's number, without #", example: "1042" },
  ],
};

/** Reminds of vaccinations that are due. */
const vaccinationReminder: TemplateDefinition = {
  name: "vaccination_reminder",
  language: "es_MX",
  category: "UTILITY",
  body: "Hola {{1}}, {{2}} tiene vacunas pendientes. Agenda tu cita en petfriendlyvet.com o responde a este mensaje.",
  parameters: [
    { name: "name", meaning: "the customer's first name", example: "Ana" },
    { name: "pet", meaning: "the name of the pet whose vaccinations are due", example: "Luna" },
  ],
};

export const templateRegistry: readonly TemplateDefinition[] = [
  appointmentReminder,
  vaccinationReminder,
  orderReady,
];

/** The template of that name in exactly that language, or null. */
export function findTemplate(name: string, language: string): TemplateDefinition | null {
  return (
    templateRegistry.find(
      (definition) => definition.name === name && definition.language === language,
    ) ?? null
  );
}

import type { TemplateDefinition } from "./template-definition.ts";

/** Reminds of an appointment; the answer "SI" confirms it. */
export const appointmentReminder: TemplateDefinition = {
  name: "appointment_reminder",
  language: "es_MX",
  category: "UTILITY",
  body: "Hola {{1}}, te recordamos tu cita para {{2}} el {{3}} a las {{4}}. Responde SI para confirmar o llámanos al +52 998 316 2438 para reagendar.",
  parameters: [
    { name: "name", meaning: "the customer's first name", example: "Ana" },
    { name: "pet", meaning: "the name of the pet that is to be seen", example: "Luna" },
    { name: "date", meaning: "the day, as one says it", example: "lunes 30 de noviembre" },
    { name: "time", meaning: "the local time of day", example: "10:00" },
  ],
};

import type { TemplateDefinition } from "./template-definition.ts";

/** Reminds of vaccinations that are due. */
export const vaccinationReminder: TemplateDefinition = {
  name: "vaccination_reminder",
  language: "es_MX",
  category: "UTILITY",
  body: "Hola {{1}}, {{2}} tiene vacunas pendientes. Agenda tu cita en petfriendlyvet.com o responde a este mensaje.",
  parameters: [
    { name: "name", meaning: "the customer's first name", example: "Ana" },
    { name: "pet", meaning: "the name of the pet whose vaccinations are due", example: "Luna" },
  ],
};

import type { TemplateSeed } from "./template.ts";

const LANGUAGE = "es_MX";

/** The approved templates of the veterinary clinic that the project was made for. */
export const CLINIC_TEMPLATES: readonly TemplateSeed[] = [
  {
    name: "appointment_reminder",
    language: LANGUAGE,
    category: "UTILITY",
    status: "APPROVED",
    components: [
      {
        type: "BODY",
        text: "Hola {{1}}, te recordamos tu cita para {{2}} el {{3}} a las {{4}}. Responde SI para confirmar o llámanos al +52 998 316 2438 para reagendar.",
        example: { body_text: [["Ana", "Luna", "lunes 7 de diciembre", "10:00"]] },
      },
    ],
  },
  {
    name: "vaccination_reminder",
    language: LANGUAGE,
    category: "MARKETING",
    status: "APPROVED",
    components: [
      {
        type: "BODY",
        text: "Hola {{1}}, {{2}} tiene vacunas pendientes. Agenda tu cita en petfriendlyvet.com o responde a este mensaje.",
        example: { body_text: [["Ana", "Luna"]] },
      },
    ],
  },
  {
    name: "order_ready",
    language: LANGUAGE,
    category: "UTILITY",
    status: "APPROVED",
    components: [
      {
        type: "BODY",
        text: "Hola {{1}}, tu pedido #{{2}} está listo para recoger en Pet-Friendly. Horario: Mar-Dom 9am-8pm.",
        example: { body_text: [["Ana", "1042"]] },
      },
    ],
  },
];

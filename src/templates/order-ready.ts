import type { TemplateDefinition } from "./template-definition.ts";

/** Tells that an order can be picked up. */
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

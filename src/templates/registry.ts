/** The templates that the business uses. Adding one here is all it takes to push and send it. */
import { appointmentReminder } from "./appointment-reminder.ts";
import { orderReady } from "./order-ready.ts";
import type { TemplateDefinition } from "./template-definition.ts";
import { vaccinationReminder } from "./vaccination-reminder.ts";

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

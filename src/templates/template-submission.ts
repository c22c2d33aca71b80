import type { JsonObject } from "../json/json.ts";
import type { TemplateDefinition } from "./template-definition.ts";

/**
 * A template as it is submitted to Meta, examples included.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
 */
export function templateSubmission({ name, language, category, ...rest }: TemplateDefinition) {
  return {
    name,
    language,
    category,
    parameter_format: "POSITIONAL",
    components: [bodyComponent(rest)],
  };
}

function bodyComponent({
  body,
  parameters,
}: Pick<TemplateDefinition, "body" | "parameters">): JsonObject {
  if (parameters.length === 0) return { type: "BODY", text: body };
  const examples = parameters.map(({ example }) => example);
  return { type: "BODY", text: body, example: { body_text: [examples] } };
}

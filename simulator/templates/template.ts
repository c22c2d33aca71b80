export type TemplateCategory = "UTILITY" | "MARKETING" | "AUTHENTICATION";

/** What Meta says of a template; only APPROVED ones can be sent. */
export type TemplateStatus = "APPROVED" | "PENDING" | "REJECTED" | "PAUSED" | "DISABLED";

export type HeaderFormat = "TEXT" | "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION";

/** Whether variables are `{{1}}`, `{{2}}` … or have names. */
export type ParameterFormat = "POSITIONAL" | "NAMED";

export interface TemplateButton {
  readonly type: "QUICK_REPLY" | "URL" | "PHONE_NUMBER" | "COPY_CODE";
  readonly text: string;
  readonly url?: string | undefined;
  readonly phone_number?: string | undefined;
}

export type TemplateComponent =
  | { readonly type: "BODY"; readonly text: string; readonly example?: unknown }
  | {
      readonly type: "HEADER";
      readonly format: HeaderFormat;
      readonly text?: string | undefined;
      readonly example?: unknown;
    }
  | { readonly type: "FOOTER"; readonly text: string }
  | { readonly type: "BUTTONS"; readonly buttons: readonly TemplateButton[] };

/** A template to start with. */
export interface TemplateSeed {
  readonly name: string;
  readonly language: string;
  readonly category: TemplateCategory;
  readonly status: TemplateStatus;
  /** POSITIONAL where it says nothing. */
  readonly parameter_format?: ParameterFormat | undefined;
  readonly quality?: "GREEN" | "YELLOW" | "RED" | undefined;
  /** How long Meta tries to deliver it; Meta's own default where it says nothing. */
  readonly message_send_ttl_seconds?: number | undefined;
  /** The category before Meta changed it. */
  readonly previous_category?: TemplateCategory | undefined;
  readonly components: readonly TemplateComponent[];
}

export interface Template extends TemplateSeed {
  readonly id: string;
}

const VARIABLE = /\{\{(\w+)\}\}/g;

/** The different variables of a text, in the order in which they stand there. */
export function variablesIn(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(VARIABLE), ([, variable = ""]) => variable))];
}

export function variableCount(text: string): number {
  return variablesIn(text).length;
}

export function bodyText(template: TemplateSeed): string {
  return template.components.find((component) => component.type === "BODY")?.text ?? "";
}

export function headerOf(template: TemplateSeed): { format: HeaderFormat; text: string } | null {
  const header = template.components.find((component) => component.type === "HEADER");
  return header === undefined ? null : { format: header.format, text: header.text ?? "" };
}

export function buttonsOf(template: TemplateSeed): readonly TemplateButton[] {
  return template.components.find((component) => component.type === "BUTTONS")?.buttons ?? [];
}

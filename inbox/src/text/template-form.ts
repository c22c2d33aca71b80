/** A template as a form: its fields, the content to send, and which field a problem is about. Pure. */
import type { Template, TemplatePreview } from "../state/views.ts";
import { listIn, textIn } from "./describe.ts";

export type Field = {
  /** Unique within the form. */
  key: string;
  place: "header" | "header_file" | "body" | "button";
  /** The variable's name or number; the text of a button. */
  name: string;
  example: string;
  /** The button's index at Meta. */
  index: number;
};

export type Values = Readonly<Record<string, string>>;

type Parts = {
  header: { format: string; text: string | null } | null;
  body: string;
  buttons: { type: string; text: string; url: string | null }[];
};

/** A number, or a name in templates with the format NAMED. */
const VARIABLE = /\{\{\s*(\w+)\s*\}\}/gu;

/** Meta's words for a header with a file, and the type of its parameter. */
const FILE_FORMATS = { IMAGE: "image", VIDEO: "video", DOCUMENT: "document" } as const;

function partsOf({ components }: Pick<Template, "components">): Parts {
  const list: readonly unknown[] = components ?? [];
  const ofType = (type: string) =>
    list.find((component) => textIn(component, "type")?.toUpperCase() === type);
  const header = ofType("HEADER");
  return {
    header:
      header === undefined
        ? null
        : {
            format: (textIn(header, "format") ?? "TEXT").toUpperCase(),
            text: textIn(header, "text"),
          },
    body: textIn(ofType("BODY"), "text") ?? "",
    buttons: listIn(ofType("BUTTONS"), "buttons").map((button) => ({
      type: (textIn(button, "type") ?? "").toUpperCase(),
      text: textIn(button, "text") ?? "",
      url: textIn(button, "url"),
    })),
  };
}

/** In the order in which the customer reads them. */
export function fieldsOf(template: Pick<Template, "components" | "params">): Field[] {
  const { header, body, buttons } = partsOf(template);
  const { params } = template;
  const headerFields =
    header === null
      ? []
      : isFileFormat(header.format)
        ? [fieldAt("header_file", header.format)]
        : variablesOf(header.text ?? "").map((name) => fieldAt("header", name));
  const bodyFields = variablesOf(body).map((name, place) => {
    const param = params?.[place];
    const field = fieldAt("body", name);
    return param === undefined ? field : { ...field, name: param.name, example: param.example };
  });
  const buttonFields = buttons.flatMap(({ type, text, url }, index) => {
    const isAsked = type === "COPY_CODE" || variablesOf(url ?? "").length > 0;
    return isAsked ? [{ ...fieldAt("button", text), key: `button ${index}`, index }] : [];
  });
  return [...headerFields, ...bodyFields, ...buttonFields];
}

/** A first guess: the customer's name, where the template asks for one. */
export function firstValues(fields: readonly Field[], customer: string | null): Values {
  const [given = ""] = (customer ?? "").split(/\s+/u);
  return Object.fromEntries(
    fields.map(({ key, place, name }) => {
      const asksForName = place === "body" && /^(?:name|nombre|first_name|customer)$/iu.test(name);
      return [key, asksForName ? given : ""];
    }),
  );
}

export function missingIn(fields: readonly Field[], values: Values): Field[] {
  return fields.filter(({ key }) => (values[key] ?? "").trim() === "");
}

/** The text of a preview as one, as a bubble shows it. */
export function previewText({ header, body, footer }: TemplatePreview): string {
  return [header?.text ?? null, body, footer].filter((line) => line !== null).join("\n");
}

/** What `POST /v1/messages` takes as `template`. */
export function contentOf(template: Template, values: Values): object {
  const { name, language } = template;
  const fields = fieldsOf(template);
  const valueOf = ({ key }: Field) => (values[key] ?? "").trim();
  if (isShort(template, fields)) {
    return {
      name,
      language: { code: language },
      params: Object.fromEntries(fields.map((field) => [field.name, valueOf(field)])),
    };
  }
  const isNamed = template.parameter_format?.toUpperCase() === "NAMED";
  const { buttons } = partsOf(template);
  const components = groupsOf(fields).map((group) => {
    const [{ place, index }] = group;
    if (place === "button") {
      return buttonComponent(index, buttons[index]?.type, group.map(valueOf).join(""));
    }
    return {
      type: place === "body" ? "body" : "header",
      parameters: group.map((field) =>
        field.place === "header_file"
          ? fileParameter(field, valueOf(field))
          : textParameter(field, valueOf(field), isNamed),
      ),
    };
  });
  return { name, language: { code: language }, ...(components.length === 0 ? {} : { components }) };
}

/** The field that a problem of the content is about; null if it is about the template as a whole. */
export function fieldOfProblem(
  template: Pick<Template, "components" | "params">,
  pointer: string,
): Field | null {
  const fields = fieldsOf(template);
  if (isShort(template, fields)) {
    return fields.find(({ name }) => pointer === `/params/${name}`) ?? null;
  }
  const [, component, parameter = "0"] = COMPONENT_POINTER.exec(pointer) ?? [];
  return groupsOf(fields)[Number(component)]?.[Number(parameter)] ?? null;
}

/** A component, or one of its parameters. */
const COMPONENT_POINTER = /^\/components\/(\d+)(?:\/parameters\/(\d+))?/u;

function isShort({ params }: Pick<Template, "params">, fields: readonly Field[]): boolean {
  return params !== null && fields.every(({ place }) => place === "body");
}

/** The fields of each component, in the order of the components. */
function groupsOf(fields: readonly Field[]): [Field, ...Field[]][] {
  const header = fields.filter(({ place }) => place === "header" || place === "header_file");
  const body = fields.filter(({ place }) => place === "body");
  const buttons = fields.filter(({ place }) => place === "button").map((field) => [field]);
  return [header, body, ...buttons].flatMap(([first, ...more]): [Field, ...Field[]][] =>
    first === undefined ? [] : [[first, ...more]],
  );
}

function textParameter({ name }: Field, text: string, isNamed: boolean): object {
  return { type: "text", text, ...(isNamed ? { parameter_name: name } : {}) };
}

function fieldAt(place: Field["place"], name: string): Field {
  return { key: `${place} ${name}`, place, name, example: "", index: 0 };
}

function fileParameter({ name }: Field, link: string): object {
  const type = isFileFormat(name) ? FILE_FORMATS[name] : "document";
  return { type, [type]: { link } };
}

function buttonComponent(index: number, type: string | undefined, value: string): object {
  const isCode = type === "COPY_CODE";
  return {
    type: "button",
    sub_type: isCode ? "copy_code" : "url",
    index: String(index),
    parameters: [
      isCode ? { type: "coupon_code", coupon_code: value } : { type: "text", text: value },
    ],
  };
}

/** Each once, in the order of their first use. */
function variablesOf(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(VARIABLE), ([, name = ""]) => name))];
}

function isFileFormat(format: string): format is keyof typeof FILE_FORMATS {
  return Object.hasOwn(FILE_FORMATS, format);
}

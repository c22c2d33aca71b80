import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Part, parseText, safeText } from "../../inbox/src/text/markup.ts";

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => ("parts" in part ? textOf(part.parts) : part.text)).join("");
}

function linksOf(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => {
    if ("parts" in part) return linksOf(part.parts);
    return part.kind === "link" ? [part.href] : [];
  });
}

const pieces = fc.array(
  fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(
      "*",
      "_",
      "~",
      "```",
      " ",
      "\n",
      "javascript:alert(1)",
      "https://a.mx/x",
      "http://",
      "www.a.mx",
      "data:text/html,x",
      "<img src=x onerror=alert(1)>",
      "ana@clinica.mx",
      "+52 998 222 0001",
      "(",
      ")",
      "\u202E",
    ),
  ),
);

describe("parseText", () => {
  test.prop([pieces])("links lead only to pages, letters and calls", (list) => {
    for (const href of linksOf(parseText(list.join("")))) {
      expect(href).toMatch(/^(?:https?:\/\/|mailto:|tel:\+\d)/);
    }
  });

  test.prop([pieces])("loses and adds no text but the marks", (list) => {
    const text = list.join("");
    const withoutMarks = (shown: string) => shown.replaceAll(/[*_~`]/gu, "");
    expect(withoutMarks(textOf(parseText(text)))).toBe(withoutMarks(safeText(text)));
  });

  it.each(["*", "_", "~", "`", "*_~", "*a ", "+5 ", "a@", "www.", "a@b.mx ", "http://a "])(
    "ends soon, however often there is %j",
    (piece) => {
      const startedAt = performance.now();
      parseText(piece.repeat(65_536 / piece.length));
      expect(performance.now() - startedAt).toBeLessThan(2_000);
    },
  );

  it("ends soon where an address has any number of signs that could end it", () => {
    const startedAt = performance.now();
    const [link] = parseText(`https://a.mx/${"!".repeat(65_536)}a, ${"!".repeat(65_536)}`);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(link).toMatchObject({ kind: "link", text: expect.stringMatching(/!a$/) });
  });

  it.each([
    ["*hola*", [{ kind: "bold", parts: [{ kind: "text", text: "hola" }] }]],
    ["2*3*4", [{ kind: "text", text: "2*3*4" }]],
    ["* hola *", [{ kind: "text", text: "* hola *" }]],
    ["```a*b*```", [{ kind: "code", text: "a*b*" }]],
    [
      "_muy *bien*_",
      [
        {
          kind: "italic",
          parts: [
            { kind: "text", text: "muy " },
            { kind: "bold", parts: [{ kind: "text", text: "bien" }] },
          ],
        },
      ],
    ],
    [
      "~no~.",
      [
        { kind: "strike", parts: [{ kind: "text", text: "no" }] },
        { kind: "text", text: "." },
      ],
    ],
    [
      "Mira https://a.mx/x_y_z?b=1.",
      [
        { kind: "text", text: "Mira " },
        { kind: "link", href: "https://a.mx/x_y_z?b=1", text: "https://a.mx/x_y_z?b=1" },
        { kind: "text", text: "." },
      ],
    ],
    ["www.a.mx", [{ kind: "link", href: "https://www.a.mx/", text: "www.a.mx" }]],
    ["ana@clinica.mx", [{ kind: "link", href: "mailto:ana@clinica.mx", text: "ana@clinica.mx" }]],
    ["+52 998 222 0001", [{ kind: "link", href: "tel:+529982220001", text: "+52 998 222 0001" }]],
    ["javascript:alert(1)", [{ kind: "text", text: "javascript:alert(1)" }]],
    ["https://", [{ kind: "text", text: "https://" }]],
    ["https://[", [{ kind: "text", text: "https://[" }]],
  ] as const)("%j", (text, parts) => {
    expect(parseText(text)).toEqual(parts);
  });

  it("shows what turns the reading direction", () => {
    expect(safeText("factura\u202Efdp.exe")).toBe("factura\uFFFDfdp.exe");
  });
});

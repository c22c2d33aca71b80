import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redact } from "../../src/graph/redact.ts";

const without = (text: string, ...written: string[]) =>
  redact(
    text,
    written.map((each) => ({ written: each })),
  );

describe("I11: Meta's words without what a caller sent", () => {
  test.each([
    ["one word", "Param Luna is too long", "Luna", "Param [withheld] is too long"],
    ["in no word of Meta's", "Lunar value of Luna", "Luna", "Lunar value of [withheld]"],
    ["quoted", "(#100) 'ana' is not valid", "ana", "(#100) '[withheld]' is not valid"],
    ["two letters", "Value SÍ of button", "SÍ", "Value [withheld] of button"],
    ["a code", "Code 482913 was sent", "482913", "Code [withheld] was sent"],
    ["a short code", "Code 1234 was sent", "1234", "Code [withheld] was sent"],
    ["with signs", "Got ¡Hola! here", "¡Hola!", "Got [withheld] here"],
    ["an emoji", "Got 🐾 here", "🐾", "Got [withheld] here"],
    ["other spaces", "Got hola Ana there", "hola\n Ana", "Got [withheld] there"],
    ["JSON", String.raw`Got "Mu\u00f1oz\nLuna" there`, "Muñoz\nLuna", 'Got "[withheld]" there'],
    ["a link", "Get https://a.test/x?y=1 failed", "https://a.test/x?y=1", "Get [withheld] failed"],
    ["signs of patterns", "Got a.b*c( d", "a.b*c(", "Got [withheld] d"],
  ])("%s", (_case, text, written, expected) => {
    expect(without(text, written)).toBe(expected);
  });

  test.each(["the", "The", "message", "to", "100", "1", "-", "."])(
    "%j alone takes nothing of Meta's own away, and goes where it is quoted",
    (word) => {
      const text = "(#100) The message to the recipient is not valid - see 1.";
      expect(without(text, word)).toBe(text);
      expect(without(`Param "${word}" is not valid`, word)).toBe('Param "[withheld]" is not valid');
    },
  );

  test.each([
    "+52 998 222 0001",
    "52-998-222-0001",
    "(52) 998.222.0001",
    "5219982220001",
    "+52 1 998 222 0001",
    "52\u00A0998\u2009222\u20110001",
  ])("a phone, spelled %j", (spelled) => {
    for (const written of ["+529982220001", "521 998 222 0001", "call +52 (998) 222-0001, Ana"]) {
      const left = without(`No user at ${spelled} today`, written);
      expect(left).toContain("[withheld]");
      expect(left.replaceAll(/\D/g, "")).toBe("");
      expect(left).toMatch(/^No user at .* today$/);
    }
  });

  test("a longer number that only holds it stays", () => {
    const text = "Object with ID '1065299822200019' does not exist";
    expect(without(text, "+529982220001")).toBe(text);
  });

  test("the longer text first, and a secret anywhere", () => {
    expect(without("Got Ana López twice", "Ana", "Ana López")).toBe("Got [withheld] twice");
    expect(redact("xEAAGtokenx", ["EAAGtoken"])).toBe("x[withheld]x");
  });

  test("very many texts take no time", () => {
    const withheld = Array.from({ length: 200_000 }, (_, place) => ({
      written: `palabra${place}`,
    }));
    expect(redact("Got palabra7 here", withheld)).toBe("Got [withheld] here");
  });

  test("what is quoted never comes back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), fc.string(), (text, around) => {
        const written = text.trim();
        fc.pre(written !== "" && written.isWellFormed() && !'"[withheld]"'.includes(written));
        fc.pre(!around.includes(written));
        expect(without(`${around} "${written}"`, written)).toContain('"[withheld]"');
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { nameOf } from "../../inbox/src/state/views.ts";
import { conversation } from "./support/views.ts";

describe("nameOf", () => {
  it.each([
    ["Ana López", "Ana López"],
    ["🌸", "🌸"],
    ["أمل", "أمل"],
    ["", "+529982220001"],
    ["   ", "+529982220001"],
    ["\u3164", "+529982220001"],
    ["\u200B\u2060\uFEFF", "+529982220001"],
    ["\u2800 \u2800", "+529982220001"],
    ["\u202E", "+529982220001"],
  ])("of somebody who is called %j is %j", (name, expected) => {
    const { contact, subject } = conversation();
    expect(nameOf({ contact: { ...contact, name }, subject })).toBe(expected);
  });

  it("falls back to what Meta knows of people without a number", () => {
    const { contact, subject } = conversation();
    const nobody = { ...contact, name: "", phone: null };
    expect(nameOf({ contact: { ...nobody, user_id: "MX.1" }, subject })).toBe("MX.1");
    expect(nameOf({ contact: nobody, subject: "Grupo" })).toBe("Grupo");
  });
});

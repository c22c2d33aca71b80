import { describe, expect, it } from "vitest";
import { templateParameterProblems } from "../../src/templates/check.ts";

describe("templateParameterProblems", () => {
  it.each(["Ana", "a    b", " a ", "ñ🐕"])("takes %j", (text) => {
    expect(templateParameterProblems(text)).toEqual([]);
  });

  const EMPTY = "must not be empty: Meta refuses a blank parameter";
  const LINE = "must not contain a newline or a tab: write it on one line, with spaces";

  it.each([
    ["", [EMPTY]],
    ["  ", [EMPTY]],
    ["a\nb", [LINE]],
    ["a\rb", [LINE]],
    ["a\tb", [LINE]],
    ["a     b  c", ["at most 4 spaces in a row, got 5"]],
    ["\n      ", [EMPTY, LINE, "at most 4 spaces in a row, got 6"]],
  ])("refuses %j", (text, problems) => {
    expect(templateParameterProblems(text)).toEqual(problems);
  });
});

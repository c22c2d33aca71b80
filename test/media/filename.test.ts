import { fc } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { contentDisposition, safeFilename } from "../../src/media/filename.ts";

describe("a stranger's file name", () => {
  test.each([
    ["receta Luna.pdf", "receta Luna.pdf"],
    ["Análisis de Ñandú.pdf", "Análisis de Ñandú.pdf"],
    ["../../etc/passwd", "passwd"],
    ["..\\..\\windows\\system.ini", "system.ini"],
    ["C:\\a\\b.txt", "b.txt"],
    ["a\n/b.txt", "b.txt"],
    [".htaccess", "htaccess"],
    ["...hidden", "hidden"],
    ["a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie_ x=1.pdf"],
    ['a"; filename="b.exe', "a_; filename=_b.exe"],
    ["a\u0000b.pdf", "ab.pdf"],
    ["gpj\u202Eexe.pdf", "gpjexe.pdf"],
    ["a\u2028b\u2066c.pdf", "abc.pdf"],
    ["a\uD800b.pdf", "a\uFFFDb.pdf"],
    ["<a>|b?*.pdf", "_a__b__.pdf"],
    ["  a.pdf  ", "a.pdf"],
    ["🐕.jpg", "🐕.jpg"],
  ])("%j becomes %j", (name, expected) => {
    expect(safeFilename(name)).toBe(expected);
  });

  test.each(["", ".", "..", "/", "a/", "..\\", "\u0000", " . . ", "\r\n"])(
    "nothing is left of %j",
    (name) => {
      expect(safeFilename(name)).toBeNull();
      expect(contentDisposition(name, "med_1.pdf")).toBe(contentDisposition(null, "med_1.pdf"));
    },
  );

  test("60 characters stay, and one more is cut before the extension", () => {
    const longest = `${"n".repeat(56)}.pdf`;
    expect(safeFilename(longest)).toBe(longest);
    expect(safeFilename(`n${longest}`)).toBe(longest);
    expect(safeFilename("🐕".repeat(61))).toBe("🐕".repeat(60));
    expect(safeFilename("x".repeat(100_000))).toBe("x".repeat(60));
    expect(safeFilename(`${"x".repeat(60)}.${"y".repeat(11)}`)).toBe("x".repeat(60));
  });
});

describe("Content-Disposition", () => {
  test.each([
    ["receta.pdf", `attachment; filename="receta.pdf"; filename*=UTF-8''receta.pdf`],
    [
      "Ñandú (1).pdf",
      `attachment; filename="_and_ (1).pdf"; filename*=UTF-8''%C3%91and%C3%BA%20%281%29.pdf`,
    ],
    ["a'b%41.pdf", `attachment; filename="a_b_41.pdf"; filename*=UTF-8''a%27b%2541.pdf`],
    ["🐕.jpg", `attachment; filename="__.jpg"; filename*=UTF-8''%F0%9F%90%95.jpg`],
    [null, `attachment; filename="med_1.pdf"; filename*=UTF-8''med_1.pdf`],
  ])("of %j", (name, expected) => {
    expect(contentDisposition(name, "med_1.pdf")).toBe(expected);
  });

  test("of anything is one safe header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const header = contentDisposition(name, "med_1");
        expect(header).toMatch(
          /^attachment; filename="[A-Za-z0-9 ._()+-]+"; filename\*=UTF-8''(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+$/,
        );
        expect(() => new Headers({ "content-disposition": header })).not.toThrow();
      }),
    );
  });
});

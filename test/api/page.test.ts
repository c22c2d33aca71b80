import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageView, parsePage } from "../../src/api/page.ts";

const UNCHANGED = {
  pointer: "/cursor",
  detail: "must be the next_cursor of an earlier page, unchanged",
};

type Row = { at: number; id: string };

describe("parsePage", () => {
  it("gives 50 from the newest on", () => {
    expect(parsePage({})).toEqual({ ok: true, page: { limit: 50, after: null } });
  });

  it.each(["1", "50", "200", "0007"])("takes %s rows", (limit) => {
    expect(parsePage({ limit })).toEqual({ ok: true, page: { limit: Number(limit), after: null } });
  });

  it.each(["0", "201", "-1", "1.5", "1e2", "", " 5", "5 ", "fifty", "00050", "٥", "0x10", "NaN"])(
    "refuses %j rows",
    (limit) => {
      expect(parsePage({ limit })).toEqual({
        ok: false,
        errors: [{ pointer: "/limit", detail: "must be a whole number from 1 to 200" }],
      });
    },
  );

  it.each<[string, string]>([
    ["an empty one", ""],
    ["no base64", "¿mañana?"],
    ["base64 of no JSON", encoded("nada")],
    ["base64 of no UTF-8", btoa("\xFF\xFE[1")],
    ["an object", encoded('{"at":1,"id":"a"}')],
    ["null", encoded("null")],
    ["an empty array", encoded("[]")],
    ["a time that is text", encoded('["1","a"]')],
    ["a time that is no whole number", encoded('[1.5,"a"]')],
    ["a time beyond all times", encoded('[1e300,"a"]')],
    ["an id that is a number", encoded("[1,2]")],
    ["an id that is an object", encoded('[1,{"$gt":""}]')],
    ["an id that is too long", encoded(`[1,"${"a".repeat(601)}"]`)],
    ["100 KB", "A".repeat(100_000)],
    ["deep nesting", encoded("[".repeat(50_000))],
    ["another alphabet", "+/+/"],
  ])("refuses a cursor that is %s", (_case, cursor) => {
    expect(parsePage({ cursor })).toEqual({ ok: false, errors: [UNCHANGED] });
  });

  it("reports a wrong limit and a wrong cursor at once", () => {
    expect(parsePage({ limit: "0", cursor: "x" })).toMatchObject({
      ok: false,
      errors: [{ pointer: "/limit" }, { pointer: "/cursor" }],
    });
  });

  test.prop([fc.string({ unit: "binary" }), fc.string({ unit: "binary" })])(
    "throws at nothing",
    (limit, cursor) => {
      const result = parsePage({ limit, cursor });
      if (result.ok) expect(result.page.limit).toBeGreaterThan(0);
      else expect(result.errors.length).toBeGreaterThan(0);
    },
  );
});

describe("pageView", () => {
  const rows: Row[] = ["c", "b", "a"].map((id, place) => ({ at: 3 - place, id }));
  const view = (limit: number) =>
    pageView(
      rows,
      limit,
      (row) => row,
      ({ id }) => id.toUpperCase(),
    );

  it("shows as many as asked for, and where to go on", () => {
    const page = view(2);
    expect(page.data).toEqual(["C", "B"]);
    expect(parsePage({ cursor: page.next_cursor ?? "" })).toMatchObject({
      page: { after: { at: 2, id: "b" } },
    });
  });

  it("ends where there is nothing more", () => {
    expect(view(3)).toEqual({ data: ["C", "B", "A"], next_cursor: null });
    expect(pageView([], 3, (row: Row) => row, String)).toEqual({ data: [], next_cursor: null });
  });

  test.prop([fc.maxSafeInteger(), fc.string({ unit: "grapheme", maxLength: 30 })])(
    "gives cursors that come back as they went, in any address",
    (at, id) => {
      const row = { at, id };
      const { next_cursor } = pageView([row, row], 1, (position) => position, String);
      expect(next_cursor).toMatch(/^[\w-]+$/);
      expect(parsePage({ cursor: next_cursor ?? "" })).toEqual({
        ok: true,
        page: { limit: 50, after: row },
      });
    },
  );
});

function encoded(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

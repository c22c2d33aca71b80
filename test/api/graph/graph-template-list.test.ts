import { describe, expect, it } from "vitest";
import { templateListAnswer } from "../../../src/api/graph/templates.ts";

const ASKED = "https://paloma.test/v25.0/1022/message_templates?access_token=t&limit=2&before=x";

describe("templateListAnswer", () => {
  const data = [{ name: "a" }];
  const cursors = { before: "b", after: "a" };

  it("links to the pages beside it at our own address, without the token", () => {
    expect(
      templateListAnswer({ data, cursors, next: true, previous: true, summary: null }, ASKED),
    ).toEqual({
      data,
      paging: {
        cursors,
        next: "https://paloma.test/v25.0/1022/message_templates?limit=2&after=a",
        previous: "https://paloma.test/v25.0/1022/message_templates?limit=2&before=b",
      },
    });
  });

  it("links to nothing from an only page, and has no paging without a template", () => {
    expect(
      templateListAnswer({ data, cursors, next: false, previous: false, summary: null }, ASKED),
    ).toEqual({
      data,
      paging: { cursors },
    });
    const empty = { data: [], cursors: null, next: false, previous: false, summary: null };
    expect(templateListAnswer(empty, ASKED)).toEqual({ data: [] });
  });

  it("tells what was asked for of all of them together", () => {
    const summary = { total_count: 1 };
    const page = { data, cursors, next: false, previous: false, summary };
    expect(templateListAnswer(page, ASKED)).toMatchObject({ data, summary });
  });
});

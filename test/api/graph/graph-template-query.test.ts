import { describe, expect, it } from "vitest";
import { templateQuery } from "../../../src/api/graph/template-query.ts";

describe("templateQuery", () => {
  it("hands Graph's own parameters on, and nothing that could be a command", () => {
    const asked = { name: "a", limit: "2", method: "delete", access_token: "t", hsm_id: "1" };
    expect(templateQuery(asked)).toEqual({ ok: true, query: { name: "a", limit: "2" } });
  });

  it.each(["name,status", "id"])("takes the fields %s", (fields) => {
    expect(templateQuery({ fields })).toEqual({ ok: true, query: { fields } });
  });

  it.each(["", "name,", "owner{access_token}", "name.limit(1)", "A"])(
    "refuses the fields %j",
    (fields) => {
      expect(templateQuery({ fields })).toMatchObject({
        ok: false,
        errors: [{ pointer: "/fields" }],
      });
    },
  );
});

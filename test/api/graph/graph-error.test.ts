import { describe, expect, it } from "vitest";
import { graphErrorResponse } from "../../../src/api/graph/errors.ts";
import type { Problem, ProblemCode } from "../../../src/lib/problem.ts";

const REQUEST_ID = "3f0c";

async function answer(problem: Problem) {
  const response = graphErrorResponse(problem, REQUEST_ID);
  const body: { error: Record<string, unknown> } = await response.json();
  return { status: response.status, headers: response.headers, error: body.error };
}

describe("graphErrorResponse", () => {
  it.each<[ProblemCode, number, number]>([
    ["invalid_json", 400, 100],
    ["invalid_request", 400, 100],
    ["idempotency_key_reused", 400, 100],
    ["not_found", 400, 100],
    ["too_large", 413, 100],
    ["unauthorized", 401, 190],
    ["forbidden", 403, 10],
    ["session_window_closed", 400, 131047],
    ["recipient_opted_out", 400, 131050],
    ["template_not_approved", 400, 132001],
    ["template_parameters", 400, 132018],
    ["rate_limited", 429, 130429],
    ["pair_rate_limited", 429, 131056],
    ["idempotency_in_progress", 409, 2],
    ["internal", 500, 131000],
    ["meta_unauthorized", 502, 131016],
    ["meta_unavailable", 502, 131016],
    ["not_configured", 503, 131016],
    ["unavailable", 503, 131016],
  ])("answers %s with HTTP %i and Graph's %i", async (code, status, graphCode) => {
    const { status: told, error } = await answer({ code, detail: "why, and what to do" });
    expect(told).toBe(status);
    expect(error).toMatchObject({
      message: expect.stringMatching(new RegExp(`^\\(#${graphCode}\\) \\S`)),
      type: "OAuthException",
      code: graphCode,
      error_data: { messaging_product: "whatsapp", details: "why, and what to do" },
      fbtrace_id: REQUEST_ID,
    });
  });

  it("names each field and its remedy in the details", async () => {
    const errors = [
      { pointer: "/text/body", detail: "at most 4096 characters, got 4097" },
      { pointer: "", detail: "give exactly one of to, recipient; got none" },
    ];
    const { error } = await answer({ code: "invalid_request", detail: "no good", errors });
    expect(error["error_data"]).toMatchObject({
      details:
        "/text/body: at most 4096 characters, got 4097; the body: give exactly one of to, recipient; got none",
    });
  });

  it("says of an unknown id what Graph says, and what may succeed later is transient", async () => {
    expect((await answer({ code: "not_found", detail: "" })).error).toMatchObject({
      error_subcode: 33,
    });
    expect((await answer({ code: "unavailable", detail: "" })).error).toMatchObject({
      is_transient: true,
    });
    expect((await answer({ code: "invalid_request", detail: "" })).error).not.toHaveProperty(
      "is_transient",
    );
  });

  it("hands on when to come back", async () => {
    const headers = { "retry-after": "6" };
    const told = await answer({ code: "pair_rate_limited", detail: "", headers });
    expect(told.headers.get("retry-after")).toBe("6");
  });

  it("keeps Meta's own code, message and trace", async () => {
    const meta_error = {
      code: 131026,
      message: "(#131026) Undeliverable",
      details: null,
      fbtrace_id: "AbC",
    };
    const problem = { code: "rejected_by_meta", detail: "why" } as const;
    expect((await answer({ ...problem, members: { meta_error } })).error).toMatchObject({
      message: "(#131026) Undeliverable",
      code: 131026,
      fbtrace_id: "AbC",
      error_data: { details: "why" },
    });
    for (const without of [null, { ...meta_error, code: null }]) {
      const { error } = await answer({ ...problem, members: { meta_error: without } });
      expect(error).toMatchObject({ fbtrace_id: REQUEST_ID, code: 131000 });
      expect(error["message"]).toMatch(/Something went wrong/);
    }
  });
});

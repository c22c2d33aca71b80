import { describe, expect, it } from "vitest";
import { problemBody, type ProblemCode, problemResponse } from "../../src/lib/problem.ts";

describe("problemResponse", () => {
  it("answers in the shape of RFC 9457", async () => {
    const response = problemResponse(
      { code: "not_found", detail: "No message has this id." },
      "r1",
    );
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({
      type: "urn:paloma:problem:not_found",
      title: "not found",
      status: 404,
      code: "not_found",
      detail: "No message has this id.",
      request_id: "r1",
    });
  });

  it("carries errors, members of its own and headers", async () => {
    const response = problemResponse(
      {
        code: "pair_rate_limited",
        detail: "Wait.",
        errors: [{ pointer: "/to", detail: "wrote to them just now" }],
        members: {
          message_id: "msg_1",
          meta_error: { code: 131056, message: "Too fast", details: null, fbtrace_id: null },
        },
        headers: { "retry-after": "6" },
      },
      "r2",
    );
    expect(response.headers.get("retry-after")).toBe("6");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      title: "pair rate limited",
      status: 429,
      errors: [{ pointer: "/to", detail: "wrote to them just now" }],
      message_id: "msg_1",
      meta_error: { code: 131056 },
    });
  });

  it.each<[ProblemCode, number]>([
    ["invalid_json", 400],
    ["unauthorized", 401],
    ["forbidden", 403],
    ["invalid_signature", 403],
    ["not_found", 404],
    ["session_window_closed", 409],
    ["idempotency_in_progress", 409],
    ["not_cancelable", 409],
    ["not_resendable", 409],
    ["too_large", 413],
    ["invalid_request", 422],
    ["idempotency_key_reused", 422],
    ["template_not_approved", 422],
    ["template_parameters", 422],
    ["recipient_opted_out", 422],
    ["rejected_by_meta", 422],
    ["rate_limited", 429],
    ["pair_rate_limited", 429],
    ["internal", 500],
    ["meta_unauthorized", 502],
    ["meta_unavailable", 502],
    ["not_configured", 503],
    ["unavailable", 503],
  ])("answers %s with %i, as the contract has it", (code, status) => {
    expect(problemResponse({ code, detail: "" }, "r3").status).toBe(status);
    expect(problemBody({ code, detail: "" }, "r3").status).toBe(status);
  });
});

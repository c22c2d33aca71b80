import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterCall, type SendAnswer } from "../../src/conversation/after-call.ts";
import { classify, type GraphError, type GraphErrorClass } from "../../src/graph/graph-error.ts";
import { retryDelayMs } from "../../src/graph/retry-delay.ts";
import { DAY_MS } from "../support/conversation-messages.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const MINUTE_MS = 60 * 1000;

function graphError(members: Partial<GraphError> = {}): GraphError {
  return {
    code: 131026,
    message: "(#131026) Message undeliverable",
    details: "Ask them to update WhatsApp.",
    fbtrace_id: "AbC",
    http_status: 400,
    retry_after_seconds: null,
    ...members,
  };
}

function failure(errorClass: GraphErrorClass, members: Partial<GraphError> = {}): SendAnswer {
  return { ok: false, class: errorClass, error: graphError(members) };
}

const META = {
  code: 131026,
  message: "(#131026) Message undeliverable",
  details: "Ask them to update WhatsApp.",
  fbtrace_id: "AbC",
};

describe("after a call to Meta", () => {
  it("an accepted message has its wamid", () => {
    const answer: SendAnswer = { ok: true, value: { wamid: "wamid.A", wa_id: "5219982220001" } };
    expect(afterCall(answer, 0, NOW, 0)).toEqual({
      kind: "finish",
      report: { state: "accepted", wamid: "wamid.A", at: NOW },
    });
  });

  it("what was rejected before it was processed waits at its place", () => {
    expect(afterCall(failure("retry", { retry_after_seconds: 90 }), 0, NOW, 0.5)).toEqual({
      kind: "postpone",
      dueAt: NOW + retryDelayMs(0, 90, 0.5),
      report: {
        state: "queued",
        error: { code: "rate_limited", detail: META.details, meta: META },
      },
    });
  });

  it("waits longer with every attempt", () => {
    const dueAt = (attempts: number) => {
      const after = afterCall(failure("retry"), attempts, NOW, 0);
      return "dueAt" in after ? after.dueAt : null;
    };
    expect([0, 1, 2].map(dueAt)).toEqual([NOW + 1000, NOW + 4000, NOW + 16_000]);
  });

  it("what only the operator can mend asks again every 5 minutes, at its place", () => {
    expect(afterCall(failure("operator"), 7, NOW, 1)).toEqual({
      kind: "postpone",
      dueAt: NOW + 5 * MINUTE_MS,
      report: {
        state: "queued",
        error: { code: "meta_unauthorized", detail: META.details, meta: META },
      },
    });
  });

  it("what Meta wants not before 24 hours leaves its place for the others", () => {
    expect(afterCall(failure("later"), 0, NOW, 0)).toMatchObject({
      kind: "defer",
      dueAt: NOW + DAY_MS,
      report: { state: "queued", error: { code: "rate_limited" } },
    });
  });

  it("an ambiguous outcome is the end of it: never sent again unasked (I7)", () => {
    expect(afterCall(failure("ambiguous"), 0, NOW, 0)).toEqual({
      kind: "finish",
      report: {
        state: "unconfirmed",
        at: NOW,
        error: { code: "meta_unavailable", detail: META.details, meta: META },
      },
    });
  });

  it("a permanent refusal is a failure with Meta's reason", () => {
    expect(afterCall(failure("permanent"), 0, NOW, 0)).toEqual({
      kind: "finish",
      report: {
        state: "failed",
        at: NOW,
        error: { code: "rejected_by_meta", detail: META.details, meta: META },
      },
    });
  });

  it("tells Meta's message where there are no details", () => {
    expect(afterCall(failure("permanent", { details: null }), 0, NOW, 0)).toMatchObject({
      report: { error: { detail: META.message } },
    });
  });

  const code = fc.oneof(
    fc.constantFrom(0, 1, 2, 4, 190, 131000, 131026, 131047, 131049, 131056, 130429, 133010),
    fc.nat({ max: 999_999 }),
    fc.constant(null),
  );
  const status = fc.constantFrom(null, 200, 302, 400, 401, 403, 404, 429, 500, 502, 503);

  test.prop([code, status, fc.nat({ max: 20 }), fc.double({ min: 0, max: 1, noNaN: true })])(
    "only what is safe to repeat is repeated, and never at once (I7)",
    (errorCode, http_status, attempts, random) => {
      const error = graphError({ code: errorCode, http_status });
      const errorClass = classify(error);
      const after = afterCall({ ok: false, class: errorClass, error }, attempts, NOW, random);
      const repeats = after.kind !== "finish";
      expect(repeats).toBe(["retry", "operator", "later"].includes(errorClass));
      if (repeats) expect(after.dueAt).toBeGreaterThan(NOW);
    },
  );
});

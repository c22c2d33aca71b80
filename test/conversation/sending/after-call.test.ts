import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterCall, type SendAnswer } from "../../../src/conversation/sending/send-rules.ts";
import { classify, type GraphError, type GraphErrorClass } from "../../../src/graph/errors.ts";
import { retryDelayMs } from "../../../src/lib/backoff.ts";
import type { OutgoingMessage } from "../../../src/message/outgoing-message.ts";
import { DAY_MS, outgoingMessage } from "../../support/conversation-messages.ts";

const NOW = Date.UTC(2026, 10, 24, 16);

/** A message on its way, after so many attempts. */
function head(attempts: number, members: Partial<OutgoingMessage> = {}) {
  const message = outgoingMessage({ ready_at: NOW, expires_at: NOW + 2 * DAY_MS, ...members });
  return { message, attempts };
}

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
    const value = { wamid: "wamid.A", wa_id: "5219982220001", user_id: null };
    const answer: SendAnswer = { ok: true, value };
    expect(afterCall(answer, head(0), NOW, 0)).toEqual({
      kind: "finish",
      report: { state: "accepted", wamid: "wamid.A", at: NOW },
    });
  });

  it("what was rejected before it was processed waits at its place", () => {
    expect(afterCall(failure("retry", { retry_after_seconds: 90 }), head(0), NOW, 0.5)).toEqual({
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
      const after = afterCall(failure("retry"), head(attempts), NOW, 0);
      return "dueAt" in after ? after.dueAt : null;
    };
    expect([0, 1, 2].map(dueAt)).toEqual([NOW + 1000, NOW + 4000, NOW + 16_000]);
  });

  it.each([
    [131056, "pair_rate_limited"],
    [130429, "rate_limited"],
    [null, "rate_limited"],
  ])("what can't wait for pace (%s) fails and says when there is room again", (code, reason) => {
    const answer = failure("retry", { code, retry_after_seconds: 90 });
    expect(afterCall(answer, head(0, { wait: false }), NOW, 0)).toMatchObject({
      kind: "finish",
      report: {
        state: "failed",
        error: { code: reason, meta: { code }, retry_at: NOW + 90_000 },
      },
    });
    expect(afterCall(answer, head(0), NOW, 0)).toMatchObject({
      kind: "postpone",
      report: { state: "queued", error: { code: reason } },
    });
  });

  it("what only the operator can mend asks again within a minute, at its place", () => {
    expect(afterCall(failure("operator"), head(7), NOW, 1)).toEqual({
      kind: "postpone",
      dueAt: NOW + 45_000,
      report: {
        state: "queued",
        error: { code: "meta_unauthorized", detail: META.details, meta: META },
      },
    });
  });

  it("what Meta wants not before 24 hours leaves its place for the others", () => {
    expect(afterCall(failure("later"), head(0), NOW, 0)).toMatchObject({
      kind: "defer",
      dueAt: NOW + DAY_MS,
      report: { state: "queued", error: { code: "rate_limited" } },
    });
  });

  it("what Meta wants not before 24 hours fails at once where it would expire by then", () => {
    const ofADay = head(0, { expires_at: NOW + DAY_MS });
    expect(afterCall(failure("later"), ofADay, NOW, 0)).toMatchObject({
      kind: "finish",
      report: { state: "failed", error: { code: "rejected_by_meta", meta: META } },
    });
    const ofALittleMore = head(0, { expires_at: NOW + DAY_MS + 1 });
    expect(afterCall(failure("later"), ofALittleMore, NOW, 0)).toMatchObject({ kind: "defer" });
  });

  it("an ambiguous outcome is the end of it: never sent again unasked (I7)", () => {
    expect(afterCall(failure("ambiguous"), head(0), NOW, 0)).toEqual({
      kind: "finish",
      report: {
        state: "unconfirmed",
        at: NOW,
        error: { code: "meta_unavailable", detail: META.details, meta: META },
      },
    });
  });

  it("a permanent refusal is a failure with Meta's reason", () => {
    expect(afterCall(failure("permanent"), head(0), NOW, 0)).toEqual({
      kind: "finish",
      report: {
        state: "failed",
        at: NOW,
        error: { code: "rejected_by_meta", detail: META.details, meta: META },
      },
    });
  });

  it("gives Meta's message where there are no details", () => {
    expect(afterCall(failure("permanent", { details: null }), head(0), NOW, 0)).toMatchObject({
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
      const after = afterCall({ ok: false, class: errorClass, error }, head(attempts), NOW, random);
      const repeats = after.kind !== "finish";
      expect(repeats).toBe(["retry", "operator", "later"].includes(errorClass));
      if (repeats) expect(after.dueAt).toBeGreaterThan(NOW);
    },
  );
});

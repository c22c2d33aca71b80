import { describe, expect, it } from "vitest";
import { explainReason, failureOf } from "../../inbox/src/words/failure.ts";
import { message } from "./support/views.ts";

function failed(code: string, metaCode?: number) {
  const meta =
    metaCode === undefined
      ? {}
      : {
          meta: {
            code: metaCode,
            message: "Message undeliverable",
            details: null,
            fbtrace_id: null,
          },
        };
  return failureOf(message({ status: "failed", error: { code, detail: "prose", ...meta } }));
}

describe("failureOf", () => {
  it.each([
    ["session_window_closed", undefined, "window", "template"],
    ["rejected_by_meta", 131_047, "window", "template"],
    ["rejected_by_meta", 131_026, "undeliverable", "resend"],
    ["rejected_by_meta", 131_049, "withheld", null],
    ["rejected_by_meta", 130_472, "withheld", null],
    ["rejected_by_meta", 131_053, "file", null],
    ["pair_rate_limited", undefined, "pace", "resend"],
    ["recipient_opted_out", undefined, "optedOut", null],
    ["rejected_by_meta", 132_000, "template", "template"],
    ["rejected_by_meta", 132_017, "other", "resend"],
    ["meta_unauthorized", 190, "account", "diagnose"],
    ["rejected_by_meta", 368, "account", "diagnose"],
    ["expired", undefined, "expired", "resend"],
    ["meta_unavailable", undefined, "other", "resend"],
  ] as const)("%s, %s: %s", (code, metaCode, kind, action) => {
    expect(failed(code, metaCode)).toMatchObject({ kind, action });
  });

  it("knows what Meta refuses of reactions, and of them alone", () => {
    const meta = { code: 131_009, message: "Invalid", details: null, fbtrace_id: null };
    const error = { code: "rejected_by_meta", detail: "", meta };
    const of = (type: string) => failureOf(message({ type, status: "failed", error }));
    expect(of("reaction")).toEqual({ kind: "reaction", action: null, meta: null });
    expect(of("text")).toMatchObject({ kind: "other", action: "resend" });
  });

  it("shows Meta's words where ours say little", () => {
    expect(failed("rejected_by_meta", 1)?.meta).toBe("Message undeliverable");
    expect(failed("meta_unavailable")?.meta).toBe("prose");
    expect(failed("rejected_by_meta", 131_026)?.meta).toBeNull();
    expect(explainReason({ code: "", detail: "" }, true).meta).toBeNull();
  });

  it("asks before an unconfirmed message is repeated", () => {
    expect(failureOf(message({ status: "unconfirmed" }))).toEqual({
      kind: "unconfirmed",
      action: "resend_asking",
      meta: null,
    });
  });

  it("says why a message waits, and offers no repetition", () => {
    const error = { code: "rate_limited", detail: "" };
    expect(failureOf(message({ status: "queued", error }))).toMatchObject({
      kind: "pace",
      action: null,
    });
    expect(failureOf(message({ status: "sent", error }))).toBeNull();
    expect(failureOf(message({ status: "queued" }))).toBeNull();
    expect(failureOf(message({ direction: "inbound", error }))).toBeNull();
    expect(failureOf(message({ status: "failed" }))).toMatchObject({ kind: "other" });
  });
});

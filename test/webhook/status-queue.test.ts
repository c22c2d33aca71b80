import { describe, expect, it } from "vitest";
import type { MessageStatus } from "../../src/store/message-status.ts";
import { fitsQueue } from "../../src/webhook/commit.ts";
import { statusRow } from "../support/store-rows.ts";

describe("fitsQueue", () => {
  it("counts bytes of UTF-8, not characters", () => {
    expect(fitsQueue(statusOf("x".repeat(119_000)))).toBe(true);
    expect(fitsQueue(statusOf("x".repeat(120_000)))).toBe(false);
    expect(fitsQueue(statusOf("字".repeat(39_000)))).toBe(true);
    expect(fitsQueue(statusOf("字".repeat(40_000)))).toBe(false);
  });
});

function statusOf(payload: string): MessageStatus {
  return statusRow("wamid.HBgNNTIxOTk4MjIyMDAwMRUCABEYEjE3", "delivered", { payload });
}

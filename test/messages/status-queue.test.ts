import { describe, expect, it } from "vitest";
import { STATUS_BODY_VERSION, type MessageStatus } from "../../src/messages/message-status.ts";
import { fitsQueue } from "../../src/messages/status-queue.ts";
import { NUMBER } from "../support/paloma.ts";

describe("fitsQueue", () => {
  it("counts bytes of UTF-8, not characters", () => {
    expect(fitsQueue(statusOf("x".repeat(119_000)))).toBe(true);
    expect(fitsQueue(statusOf("x".repeat(120_000)))).toBe(false);
    expect(fitsQueue(statusOf("字".repeat(39_000)))).toBe(true);
    expect(fitsQueue(statusOf("字".repeat(40_000)))).toBe(false);
  });
});

function statusOf(payload: string): MessageStatus {
  return {
    version: STATUS_BODY_VERSION,
    phone_number_id: NUMBER,
    wamid: "wamid.HBgNNTIxOTk4MjIyMDAwMRUCABEYEjE3",
    status: "delivered",
    participant: "",
    at: 1_795_348_740_000,
    received_at: 1_795_348_740_000,
    message_id: null,
    payload,
  };
}

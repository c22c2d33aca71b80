import { describe, expect, it } from "vitest";
import { afterSend } from "../../../src/conversation/state/pair-rate.ts";
import { nextStep } from "../../../src/conversation/sending/send-rules.ts";
import { type ConversationState, newConversation } from "../../../src/conversation/state/state.ts";
import type { OutgoingMessage } from "../../../src/message/outgoing-message.ts";
import { DAY_MS, outgoingMessage } from "../../support/conversation-messages.ts";
import { NUMBER } from "../../support/paloma.ts";

const NOW = Date.UTC(2026, 10, 24, 16);

const OPEN: ConversationState = {
  ...newConversation(NUMBER, { kind: "phone", phone: "529982220001" }, NOW),
  last_customer_message_at: NOW - 1000,
};
const CLOSED: ConversationState = { ...OPEN, last_customer_message_at: NOW - DAY_MS };
const SPENT: ConversationState = {
  ...OPEN,
  pair_rate_at: Array.from({ length: 45 }).reduce<number>((at) => afterSend(at, NOW), 0),
};

function stepOf(
  state: ConversationState,
  members: Partial<OutgoingMessage> = {},
  dueAt = NOW,
  now = NOW,
) {
  const message = outgoingMessage({ ready_at: NOW, expires_at: NOW + DAY_MS, ...members });
  return nextStep({ message, due_at: dueAt, slot_at: null, attempts: 0 }, state, now);
}

const CALL = { kind: "call" };

describe("the next step of an outbox", () => {
  it("is the call where nothing speaks against it", () => {
    expect(stepOf(OPEN)).toEqual(CALL);
  });

  it("waits for a back-off to end, to the millisecond", () => {
    const dueAt = NOW + 4000;
    const waits = { kind: "wait", until: dueAt, reason: "back_off" };
    expect(stepOf(OPEN, {}, dueAt, dueAt - 1)).toEqual(waits);
    expect(stepOf(OPEN, {}, dueAt, dueAt)).toEqual(CALL);
  });

  it("refuses what expired, be it waiting or not", () => {
    const expired = { kind: "refuse", reason: "expired" };
    const expires_at = NOW + 1000;
    expect(stepOf(OPEN, { expires_at }, NOW, expires_at - 1)).toEqual(CALL);
    expect(stepOf(OPEN, { expires_at }, NOW, expires_at)).toEqual(expired);
    expect(stepOf(OPEN, { expires_at }, NOW + DAY_MS, expires_at)).toEqual(expired);
    expect(stepOf(CLOSED, { expires_at }, NOW, expires_at)).toEqual(expired);
  });

  it("refuses a free-form message from the moment the window closes (I5)", () => {
    const closed = { kind: "refuse", reason: "window_closed" };
    expect(stepOf(CLOSED)).toEqual(closed);
    expect(stepOf({ ...CLOSED, last_customer_message_at: NOW - DAY_MS + 1 })).toEqual(CALL);
    expect(stepOf({ ...CLOSED, last_customer_message_at: null })).toEqual(closed);
    expect(stepOf(CLOSED, { type: "reaction" })).toEqual(closed);
  });

  it("sends a template outside the window", () => {
    expect(stepOf(CLOSED, { type: "template" })).toEqual(CALL);
  });

  it("leaves the window to Meta where the caller wants it", () => {
    expect(stepOf(CLOSED, { window: "meta" })).toEqual(CALL);
  });

  it("knows no window in a group", () => {
    expect(stepOf({ ...CLOSED, address: { kind: "group", group_id: "120363" } })).toEqual(CALL);
  });

  it("checks the window when a message leaves, not when it was taken", () => {
    const closesAt = NOW - 1000 + DAY_MS;
    const expires_at = closesAt + DAY_MS;
    expect(stepOf(OPEN, { expires_at }, NOW, closesAt - 1)).toEqual(CALL);
    expect(stepOf(OPEN, { expires_at }, NOW, closesAt)).toEqual({
      kind: "refuse",
      reason: "window_closed",
    });
  });

  it("waits for the pair rate where the caller can wait", () => {
    expect(stepOf(SPENT)).toEqual({ kind: "wait", until: NOW + 6000, reason: "pair_rate" });
    expect(stepOf(SPENT, {}, NOW, NOW + 5999)).toMatchObject({ kind: "wait" });
    expect(stepOf(SPENT, {}, NOW, NOW + 6000)).toEqual(CALL);
  });

  it("refuses for the pair rate where the caller can't wait", () => {
    expect(stepOf(SPENT, { wait: false })).toEqual({ kind: "refuse", reason: "pair_rate" });
    expect(stepOf(OPEN, { wait: false })).toEqual(CALL);
  });

  it("keeps the pair rate for templates too", () => {
    expect(stepOf(SPENT, { type: "template" })).toMatchObject({ reason: "pair_rate" });
  });
});

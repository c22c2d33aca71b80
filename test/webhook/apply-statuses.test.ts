import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { createDatabase } from "../../src/store/d1.ts";
import { project } from "../../src/store/projection.ts";
import { applyStatuses, consumeStatuses } from "../../src/webhook/statuses.ts";
import { messageBatch } from "../support/message-batch.ts";
import { withRecordedEvents } from "../support/recorded-events.ts";
import {
  acceptedSend,
  claimOutbound,
  conversationRow,
  messageRow,
  NOON,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";

const QUEUE = "paloma-status";

/** A message of ours that Meta took. */
async function accepted() {
  const { id, conversation } = await claimOutbound();
  const wamid = unique("wamid.");
  await projectRows({ sends: [acceptedSend(conversation, { id, wamid })] });
  return { id, wamid, conversation };
}

describe("statuses of Meta's become events", () => {
  it("once their message is known, new or not", () =>
    withRecordedEvents(async ({ events, ids }) => {
      const { id, wamid } = await accepted();
      const read = statusRow(wamid, "read", { at: NOON + 1 });
      await applyStatuses(env, [statusRow(wamid, "sent"), read]);
      await applyStatuses(env, [read]);
      expect(events).toMatchObject([
        { type: "message.status", message_id: id, status: "sent", at: NOON, revision: null },
        { type: "message.status", message_id: id, status: "read", at: NOON + 1 },
        { type: "message.status", message_id: id, status: "read" },
      ]);
      expect(ids[1]).toBe(ids[2]);
      expect(ids[0]).not.toBe(ids[1]);
    }));

  it("although their consumer died between D1 and its acknowledgement", () =>
    withRecordedEvents(async ({ events, refuse }) => {
      vi.spyOn(console, "error").mockReturnValue();
      const { id, wamid } = await accepted();
      const bodies = ["sent", "delivered"].map((status) => ({ body: statusRow(wamid, status) }));
      refuse(true);
      const died = messageBatch(QUEUE, bodies);
      await consumeStatuses(died.batch, env);
      expect(died.acked()).toEqual([]);
      expect([...died.retried().keys()]).toEqual(["0", "1"]);
      refuse(false);
      const again = messageBatch(QUEUE, bodies);
      await consumeStatuses(again.batch, env);
      expect(again.acked()).toEqual(["0", "1"]);
      expect(events).toMatchObject([
        { message_id: id, status: "sent" },
        { message_id: id, status: "delivered" },
      ]);
    }));

  it("when the wamid they waited for is recorded, as often as that is repeated", async () => {
    const { id, conversation } = await claimOutbound();
    const wamid = unique("wamid.");
    await withRecordedEvents(async ({ events }) => {
      await applyStatuses(env, [statusRow(wamid, "sent"), statusRow(wamid, "delivered")]);
      expect(events).toEqual([]);
    });
    const send = acceptedSend(conversation, { id, wamid });
    for (let time = 0; time < 2; time += 1) {
      const { statuses: known } = await project(createDatabase(env.DB), {
        conversations: [],
        messages: [],
        sends: [send],
      });
      expect(known.map(({ message_id, status }) => [message_id, status])).toEqual([
        [id, "sent"],
        [id, "delivered"],
      ]);
    }
  });

  it("when the echo they waited for comes", async () => {
    const conversation = conversationRow();
    const echo = messageRow(conversation, { direction: "outbound", state: "accepted" });
    await applyStatuses(env, [statusRow(echo.wamid, "delivered")]);
    const { statuses: known } = await project(createDatabase(env.DB), {
      conversations: [conversation],
      messages: [echo],
      sends: [],
    });
    expect(known).toMatchObject([{ message_id: echo.id, status: "delivered" }]);
  });

  it("together, where Meta's answer to the send was lost and one names our id", () =>
    withRecordedEvents(async ({ events }) => {
      const { id } = await claimOutbound({ state: "unconfirmed" });
      const wamid = unique("wamid.");
      await applyStatuses(env, [statusRow(wamid, "sent")]);
      expect(events).toEqual([]);
      await applyStatuses(env, [statusRow(wamid, "delivered", { message_id: id })]);
      expect(events).toMatchObject([
        { message_id: id, status: "sent" },
        { message_id: id, status: "delivered" },
      ]);
    }));

  it("for each member of a group", () =>
    withRecordedEvents(async ({ events, ids }) => {
      const { wamid } = await accepted();
      const statuses = ["MX.1", "MX.2"].map((participant) =>
        statusRow(wamid, "read", { participant }),
      );
      await applyStatuses(env, statuses);
      expect(events).toMatchObject([{ participant: "MX.1" }, { participant: "MX.2" }]);
      expect(new Set(ids).size).toBe(2);
    }));
});

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { eventData } from "../../../src/api/events/data.ts";
import { keepAccountEvents } from "../../../src/store/account-events.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { recordStatuses } from "../../../src/store/statuses.ts";
import type { SubscriberEvent } from "../../../src/subscribers/event.ts";
import {
  acceptedSend,
  claimOutbound,
  conversationRow,
  NOON,
  projectRows,
  statusRow,
  unique,
} from "../../support/store-rows.ts";

const database = createDatabase(env.DB);

async function dataOf(event: SubscriberEvent) {
  const text = await eventData(database, event);
  return text === null ? null : JSON.parse(text);
}

const statusEvent = (
  message_id: string,
  members: Partial<Extract<SubscriberEvent, { type: "message.status" }>>,
): SubscriberEvent => ({
  type: "message.status",
  message_id,
  status: "sent",
  participant: "",
  revision: null,
  at: NOON,
  ...members,
});

describe("what an event is about", () => {
  const gone = unique("gone-");
  const numbered = { conversation_id: gone, sequence: 1, at: NOON };
  it.each<SubscriberEvent>([
    { type: "message.received", message_id: gone, ...numbered },
    { type: "conversation.created", ...numbered },
    { type: "conversation.updated", merged_id: null, ...numbered },
    statusEvent(gone, {}),
    {
      type: "template.updated",
      name: gone,
      language: "es_MX",
      status: null,
      category: null,
      quality: null,
      at: NOON,
    },
    { type: "account.event", event_id: gone, at: NOON },
  ])("is nothing once it is gone: $type", async (event) => {
    expect(await dataOf(event)).toBeNull();
  });

  it("is the status that it tells of, whatever the message came to since", async () => {
    const { id, conversation } = await claimOutbound();
    const wamid = unique("wamid.");
    await projectRows({ sends: [acceptedSend(conversation, { id, wamid })] });
    const errors = [{ code: 131026, title: "Message undeliverable" }];
    await recordStatuses(database, [
      statusRow(wamid, "sent"),
      statusRow(wamid, "failed", { participant: "MX.1", said: { errors }, at: NOON + 1000 }),
      statusRow(wamid, "delivered", { participant: "MX.2", at: NOON + 2000 }),
    ]);
    const noon = "2026-01-15T12:00:00.000Z";
    const told = async (members: Parameters<typeof statusEvent>[1]) =>
      dataOf(statusEvent(id, members));
    expect(await told({})).toMatchObject({
      message: { id, status: "delivered" },
      status: { status: "sent", at: noon },
    });
    expect((await told({ status: "failed", participant: "MX.1" })).status).toEqual({
      status: "failed",
      at: "2026-01-15T12:00:01.000Z",
      participant: "MX.1",
      errors,
    });
    expect((await told({ status: "accepted", revision: 3 })).status).toEqual({
      status: "accepted",
      at: noon,
    });
    // Expired meanwhile: the event itself still tells.
    expect((await told({ status: "played" })).status).toEqual({ status: "played", at: noon });
  });

  it("is the surviving conversation, and which one became part of it", async () => {
    const conversation = conversationRow();
    await projectRows({ conversations: [conversation] });
    const merged = unique("merged-");
    expect(
      await dataOf({
        type: "conversation.updated",
        conversation_id: conversation.id,
        sequence: 2,
        merged_id: merged,
        at: NOON,
      }),
    ).toMatchObject({ conversation: { id: conversation.id }, merged_id: merged });
  });

  it("is a field's raw value, every digit of it, however large", async () => {
    const padding = "x".repeat(700_000);
    const value = `{"id":12345678901234567890,"padding":"${padding}"}`;
    const [kept] = await keepAccountEvents(database, [
      {
        field: "history",
        business_account_id: "1",
        entry_time: unique("time-"),
        phone_number_id: null,
        value,
        received_at: NOON,
      },
    ]);
    const text = await eventData(database, {
      type: "account.event",
      event_id: kept?.id ?? "",
      at: NOON,
    });
    expect(text).toContain(`"value":${value}`);
  });
});

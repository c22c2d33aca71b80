import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { conversationPage, messagePage } from "../client/views.ts";
import type { ChatSession, Customer } from "./chat-session.ts";
import { LUNA_BASE64 } from "./luna.ts";
import type { Transcript } from "./transcript.ts";

/** What the chat leaves behind to go on with. */
export type PlayedChat = { customer: Customer; conversationId: string };

const SECOND_MS = 1000;

/** A short chat between a clinic and a customer; throws where anything is not as it should be. */
export async function playChat(session: ChatSession, transcript: Transcript): Promise<PlayedChat> {
  const customer = newCustomer();

  transcript.step("Meta checks the webhook's address");
  await session.expectHandshake();

  transcript.step(`The clinic reminds ${customer.name} (${customer.phone}) of her appointment`);
  const reminder = await session.send({
    to: customer.phone,
    type: "template",
    template: {
      name: "appointment_reminder",
      params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
    },
  });
  assert.match(reminder.body ?? "", /^Hola Ana, te recordamos tu cita para Luna el lunes a las 10/);
  const conversationId = reminder.conversation_id;
  await session.expectConversation(conversationId, {
    status: "pending",
    unread_count: 0,
    session_window: { open: false, expires_at: null },
  });

  transcript.step("Ana answers");
  const answer = await session.write(customer, { type: "text", body: "SÍ" });
  assert.partialDeepStrictEqual(answer, {
    conversation_id: conversationId,
    direction: "inbound",
    type: "text",
    body: "SÍ",
    status: "delivered",
  });
  await session.expectConversation(conversationId, {
    subject: `WhatsApp: ${customer.name}`,
    contact: customer,
    unread_count: 1,
    session_window: { open: true },
  });
  const unread = await session.read("/v1/conversations?unread=true", conversationPage);
  assert.ok(
    unread.data.some(({ id }) => id === conversationId),
    "The conversation is not in the list of the unread.",
  );

  transcript.step("Staff open the conversation");
  await session.markRead(conversationId);
  await session.expectConversation(conversationId, {
    unread_count: 0,
    session_window: { open: true },
  });

  transcript.step("Staff reply to her message");
  const reply = await session.send({
    conversation_id: conversationId,
    text: { body: "¡Perfecto, Ana! Las esperamos el lunes a las 10:00." },
    context: { message_id: answer.wamid },
  });
  assert.equal(reply.context?.message_id, answer.wamid);
  await session.expectConversation(conversationId, { status: "active", unread_count: 0 });

  transcript.step("Ana sends a photo");
  await untilNextSecond();
  const photo = await session.write(customer, {
    type: "image",
    base64: LUNA_BASE64,
    mimeType: "image/png",
    caption: "Luna ya está lista 🐶",
  });
  assert.partialDeepStrictEqual(photo, {
    conversation_id: conversationId,
    type: "image",
    body: "Luna ya está lista 🐶",
    attachments: [{ mime_type: "image/png" }],
  });
  await session.expectFile(photo.attachments[0]?.url ?? "", LUNA_BASE64);
  await session.expectConversation(conversationId, {
    status: "active",
    unread_count: 1,
    session_window: { open: true },
  });

  const all = await session.read(`/v1/conversations/${conversationId}/messages`, messagePage);
  assert.deepEqual(
    new Set(all.data.map(({ id }) => id)),
    new Set([reminder, answer, reply, photo].map(({ id }) => id)),
    "The conversation does not hold exactly these messages.",
  );
  return { customer, conversationId };
}

/** Somebody new each time: the local database remembers earlier runs. */
function newCustomer(): Customer {
  const number = String(randomInt(10 ** 7)).padStart(7, "0");
  return { phone: `+52998${number}`, name: "Ana Ñúñez" };
}

/** Meta's times are whole seconds: what comes within the same one as a read mark has no order. */
async function untilNextSecond(): Promise<void> {
  await sleep(SECOND_MS - (Date.now() % SECOND_MS));
}

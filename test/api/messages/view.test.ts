import { env, exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { Writing } from "../../../simulator/customers/writing.ts";
import { conversationName } from "../../../src/lib/address.ts";
import {
  eventually,
  newCustomer,
  NUMBER,
  OTHER_NUMBER,
  type Paloma,
  startPaloma,
} from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";
import { messagesChange, textMessage, webhookBody } from "../../support/webhook-bodies.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Meta's timestamps are whole seconds. */
const AT = Math.floor(Date.now() / SECOND_MS) * SECOND_MS - MINUTE_MS;

const NAME = "Ana Ñúñez 🐾";

const FILE = new TextEncoder().encode("Pet-Friendly");

function conversationIdOf(customer: string, number = NUMBER): string {
  const name = conversationName(number, { kind: "phone", phone: `52${customer.slice(3)}` });
  return env.CONVERSATION.idFromName(name).toString();
}

/** Writes as the customer and reads the message as the API shows it. */
async function received(
  { simulator, api }: Paloma,
  writing: Pick<Writing, "from" | "content"> & Partial<Writing>,
) {
  const wamid = await simulator.customers.write({ name: NAME, at: AT, ...writing });
  await simulator.flush();
  const answer = await api("GET", `/v1/messages/${encodeURIComponent(wamid)}`);
  expect(answer.status).toBe(200);
  return answer.body;
}

/** Every member of an inbound message, those that a type changes left as they are without it. */
function inbound(paloma: Paloma, from: string, changes: Record<string, unknown>) {
  return {
    id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
    conversation_id: conversationIdOf(from),
    direction: "inbound",
    status: "delivered",
    wamid: expect.stringMatching(/^wamid\./),
    phone_number_id: NUMBER,
    contact: {
      wa_id: from,
      phone: `+52${from.slice(3)}`,
      user_id: paloma.simulator.customers.find(from)?.userId,
      username: null,
      name: NAME,
    },
    attachments: [],
    context: null,
    referral: null,
    reactions: [],
    edited: false,
    revoked: false,
    metadata: null,
    biz_opaque_callback_data: null,
    sent_by: null,
    error: null,
    pricing: null,
    resend_of: null,
    fallback_of: null,
    send_at: null,
    expires_at: null,
    created_at: new Date(AT).toISOString(),
    received_at: expect.stringMatching(ISO_TIME),
    sent_at: null,
    delivered_at: null,
    read_at: null,
    failed_at: null,
    statuses: [],
    ...changes,
  };
}

describe("an inbound message without a file shows every member", () => {
  const location = { latitude: 21.1619, longitude: -86.8515 };
  const person = { name: { formatted_name: "Dr. Ñandú", first_name: "Ñandú" }, phones: [] };

  test.each<[string, Writing["content"], Record<string, unknown>]>([
    [
      "text",
      { type: "text", body: "¡Sí! e\u0301 👨‍👩‍👧‍👦 \\ \"'" },
      {
        type: "text",
        body: "¡Sí! e\u0301 👨‍👩‍👧‍👦 \\ \"'",
        content: { body: "¡Sí! e\u0301 👨‍👩‍👧‍👦 \\ \"'" },
      },
    ],
    [
      "location with a name",
      { type: "location", ...location, name: "Clínica", address: "Av. Tulum 1" },
      {
        type: "location",
        body: "Clínica",
        content: { ...location, name: "Clínica", address: "Av. Tulum 1" },
      },
    ],
    [
      "location without one",
      { type: "location", ...location },
      { type: "location", body: "[Ubicación]", content: location },
    ],
    [
      "contacts",
      { type: "contacts", contacts: [person] },
      { type: "contacts", body: "[Contacto]", content: [person] },
    ],
    [
      "button_reply",
      { type: "button_reply", id: "yes", title: "Sí 👍" },
      {
        type: "interactive",
        body: "Sí 👍",
        content: { type: "button_reply", button_reply: { id: "yes", title: "Sí 👍" } },
      },
    ],
    [
      "list_reply",
      { type: "list_reply", id: "10", title: "Lunes 10:00", description: "Dra. Peña" },
      {
        type: "interactive",
        body: "Lunes 10:00",
        content: {
          type: "list_reply",
          list_reply: { id: "10", title: "Lunes 10:00", description: "Dra. Peña" },
        },
      },
    ],
    [
      "nfm_reply",
      { type: "nfm_reply", response: { mascota: "Ñoña" } },
      {
        type: "interactive",
        body: "Sent",
        content: {
          type: "nfm_reply",
          nfm_reply: { response_json: '{"mascota":"Ñoña"}', body: "Sent", name: "flow" },
        },
      },
    ],
    [
      "button of a template",
      { type: "button", payload: "CONFIRM", text: "Confirmar" },
      {
        type: "button",
        body: "Confirmar",
        content: { payload: "CONFIRM", text: "Confirmar" },
      },
    ],
    [
      "order",
      {
        type: "order",
        catalogId: "77",
        items: [{ retailerId: "sku-1", quantity: 2, price: 129.9, currency: "MXN" }],
        note: "sin prisa",
      },
      {
        type: "order",
        body: "[Pedido]",
        content: {
          catalog_id: "77",
          text: "sin prisa",
          product_items: [
            { product_retailer_id: "sku-1", quantity: 2, item_price: 129.9, currency: "MXN" },
          ],
        },
      },
    ],
    [
      "reaction",
      { type: "reaction", messageId: "wamid.unknown", emoji: "❤️" },
      {
        type: "reaction",
        body: "❤️",
        content: { message_id: "wamid.unknown", emoji: "❤️" },
      },
    ],
    [
      "reaction taken back",
      { type: "reaction", messageId: "wamid.unknown" },
      { type: "reaction", body: "", content: { message_id: "wamid.unknown" } },
    ],
    [
      "edit",
      { type: "edit", originalMessageId: "wamid.unknown", body: "mejor el martes" },
      {
        type: "edit",
        body: "mejor el martes",
        content: {
          original_message_id: "wamid.unknown",
          message: {
            context: { id: "wamid.unknown" },
            type: "text",
            text: { body: "mejor el martes" },
          },
        },
      },
    ],
    [
      "revoke",
      { type: "revoke", originalMessageId: "wamid.unknown" },
      {
        type: "revoke",
        body: "[Mensaje eliminado]",
        content: { original_message_id: "wamid.unknown" },
      },
    ],
  ])("%s", async (_what, content, expected) => {
    const paloma = startPaloma();
    const from = newCustomer();
    const body = await received(paloma, { from, content });
    expect(body).toEqual(inbound(paloma, from, expected));
  });

  test("system, which comes without contacts", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const content = { type: "identity_changed", hash: "Zz" } as const;
    expect(await received(paloma, { from, content })).toEqual(
      inbound(paloma, from, {
        type: "system",
        body: "User identity changed",
        content: { body: "User identity changed", type: "customer_identity_changed" },
        contact: {
          wa_id: from,
          phone: `+52${from.slice(3)}`,
          user_id: paloma.simulator.customers.find(from)?.userId,
          username: null,
          name: null,
        },
      }),
    );
  });

  test("unsupported, with Meta's reason", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const content = { type: "unsupported", unsupportedType: "poll" } as const;
    expect(await received(paloma, { from, content })).toEqual(
      inbound(paloma, from, {
        type: "unsupported",
        body: "[Mensaje no compatible]",
        content: { type: "poll" },
        error: {
          code: "rejected_by_meta",
          detail: "Message type is currently not supported.",
          meta: {
            code: 131051,
            message: "Message type unknown",
            details: "Message type is currently not supported.",
            fbtrace_id: null,
          },
        },
      }),
    );
  });
});

describe("Meta's reason on an inbound message is shown in whichever shape it comes", () => {
  test.each([
    [
      { code: 131060, title: "Unavailable", details: "No se ve." },
      { code: 131060, message: "Unavailable", details: "No se ve." },
      "No se ve.",
    ],
    [
      { code: 501, message: "Unknown" },
      { code: 501, message: "Unknown", details: null },
      "Unknown",
    ],
    [
      { code: "131060", message: "Unavailable" },
      { code: 131060, message: "Unavailable", details: null },
      "Unavailable",
    ],
    [
      { code: "none", message: "Unknown" },
      { code: null, message: "Unknown", details: null },
      "Unknown",
    ],
    [{}, { code: null, message: "", details: null }, ""],
  ])("%j", async (error, meta, detail) => {
    const paloma = startPaloma();
    const message = { type: "unsupported", errors: [error] };
    const body = await received(paloma, {
      from: newCustomer(),
      content: { type: "raw", message },
    });
    expect(body.error).toEqual({
      code: "rejected_by_meta",
      detail,
      meta: { ...meta, fbtrace_id: null },
    });
  });

  test.each([[[]], ["a text"], [["a text"]], [null]])(
    "errors that say nothing, such as %j, are none",
    async (errors) => {
      const paloma = startPaloma();
      const message = { type: "unsupported", errors };
      const body = await received(paloma, {
        from: newCustomer(),
        content: { type: "raw", message },
      });
      expect(body.error).toBeNull();
    },
  );
});

describe("an inbound message with a file shows every member", () => {
  test.each<[string, Writing["content"], Record<string, unknown>]>([
    [
      "image with caption",
      { type: "image", caption: "Mi gato Ñoño" },
      { type: "image", body: "Mi gato Ñoño", caption: "Mi gato Ñoño", mime_type: "image/jpeg" },
    ],
    ["image", { type: "image" }, { type: "image", body: "[Imagen]", mime_type: "image/jpeg" }],
    ["video", { type: "video" }, { type: "video", body: "[Video]", mime_type: "video/mp4" }],
    ["audio", { type: "audio" }, { type: "audio", body: "[Audio]", mime_type: "audio/mpeg" }],
    [
      "voice",
      { type: "voice" },
      { type: "audio", body: "[Audio]", mime_type: "audio/ogg; codecs=opus" },
    ],
    [
      "document",
      { type: "document", filename: "análisis.pdf" },
      {
        type: "document",
        body: "[Documento: análisis.pdf]",
        filename: "análisis.pdf",
        mime_type: "application/pdf",
      },
    ],
    [
      "document with caption",
      { type: "document", filename: "a.pdf", caption: "Los análisis" },
      {
        type: "document",
        body: "Los análisis",
        caption: "Los análisis",
        filename: "a.pdf",
        mime_type: "application/pdf",
      },
    ],
    [
      "sticker",
      { type: "sticker", animated: true },
      { type: "sticker", body: "[Sticker]", mime_type: "image/webp" },
    ],
  ])("%s", async (_what, content, { type, body, mime_type, caption = null, filename = null }) => {
    const paloma = startPaloma();
    const from = newCustomer();
    const message = await received(paloma, { from, content });
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", FILE));
    const mediaId = message.id.replace("msg_", "med_");
    expect(message).toEqual(
      inbound(paloma, from, {
        type,
        body,
        content: expect.objectContaining({ mime_type, sha256: digest.toBase64() }),
        attachments: [
          {
            type,
            media_id: mediaId,
            meta_id: message.content.id,
            mime_type,
            sha256: digest.toHex(),
            caption,
            filename,
            url: `/v1/media/${mediaId}`,
            // The queue may have been quick.
            stored: expect.any(Boolean),
            error: null,
          },
        ],
      }),
    );
    expect(message.content.id).toMatch(/^\d+$/);
  });

  test("a file that Meta gives no id has no address", async () => {
    const paloma = startPaloma();
    const message = { type: "image", image: { caption: "sin id" } };
    const { attachments } = await received(paloma, {
      from: newCustomer(),
      content: { type: "raw", message },
    });
    expect(attachments).toEqual([
      {
        type: "image",
        media_id: null,
        meta_id: null,
        mime_type: null,
        sha256: null,
        caption: "sin id",
        filename: null,
        url: null,
        stored: false,
        error: null,
      },
    ]);
  });
});

describe("I9: a message of an unknown type keeps its raw value", () => {
  test.each([
    ["hologram", { depth: 3, ñ: ["🐕", null, 1.5] }],
    ["constructor", { body: "raw" }],
    ["toString", { body: "raw" }],
    ["__proto__", { body: "raw" }],
    ["content", "a text in an object's place"],
  ])("%s", async (type, value) => {
    const paloma = startPaloma();
    const from = newCustomer();
    // A computed member, since `__proto__:` would set the prototype.
    const message = { type, [type]: value };
    const body = await received(paloma, { from, content: { type: "raw", message } });
    expect(body).toEqual(
      inbound(paloma, from, { type, body: "[Mensaje no compatible]", content: value }),
    );
  });

  test.each(["hologram", "constructor", "toString", "__proto__"])(
    "%s without an object of its own: the whole message is the content",
    async (type) => {
      const paloma = startPaloma();
      const from = newCustomer();
      const message = { type, glow: true };
      const body = await received(paloma, { from, content: { type: "raw", message } });
      expect(body.type).toBe(type);
      expect(body.content).toMatchObject({ type, glow: true, from });
    },
  );

  test("no type at all is unknown", async () => {
    const paloma = startPaloma();
    const content = { type: "raw", message: { text: { body: "?" } } } as const;
    const body = await received(paloma, { from: newCustomer(), content });
    expect(body).toMatchObject({ type: "unknown", body: "[Mensaje no compatible]" });
    expect(body.content).toMatchObject({ text: { body: "?" } });
  });
});

describe("what a message refers to", () => {
  test("a reply names the message it answers", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const content = { type: "text", body: "ese" } as const;
    const body = await received(paloma, { from, content, replyTo: "wamid.before" });
    expect(body.context).toEqual({ message_id: "wamid.before", from: "529983162438" });
  });

  test.each([
    ["once", { forwarded: true }],
    ["frequently", { frequently_forwarded: true }],
  ] as const)("a message forwarded %s says so", async (forwarded, context) => {
    const paloma = startPaloma();
    const content = { type: "text", body: "¡miren!" } as const;
    const body = await received(paloma, { from: newCustomer(), content, forwarded });
    expect(body.context).toEqual(context);
  });

  test("an ad's referral comes whole", async () => {
    const paloma = startPaloma();
    const referral = { source_type: "ad", source_id: "7", headline: "Baño ñ", ctwa_clid: "x" };
    const content = { type: "text", body: "¿precio?" } as const;
    const body = await received(paloma, { from: newCustomer(), content, referral });
    expect(body.referral).toEqual(referral);
  });
});

describe("what came after a message shows on it", () => {
  test("reactions, with the time in words of the API", async () => {
    const paloma = startPaloma();
    const { simulator, api } = paloma;
    const from = newCustomer();
    const text = await received(paloma, { from, content: { type: "text", body: "hola" } });
    const reaction = { type: "reaction", messageId: text.wamid, emoji: "🙏🏽" } as const;
    await received(paloma, { from, content: reaction, at: AT + SECOND_MS });
    const sent = await api("POST", "/v1/messages", {
      conversation_id: text.conversation_id,
      type: "reaction",
      reaction: { message_id: text.id, emoji: "❤️" },
    });
    expect(sent.status).toBe(201);
    await simulator.flush();
    const { body } = await api("GET", `/v1/messages/${text.id}`);
    expect(body.reactions).toEqual([
      { emoji: "🙏🏽", from: "customer", at: new Date(AT + SECOND_MS).toISOString() },
      { emoji: "❤️", from: "business", at: sent.body.created_at },
    ]);
  });

  test("an edit changes what is displayed and keeps the original", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const text = await received(paloma, { from, content: { type: "text", body: "el lunes" } });
    const edit = { type: "edit", originalMessageId: text.wamid, body: "el martes" } as const;
    await received(paloma, { from, content: edit, at: AT + SECOND_MS });
    const { body } = await paloma.api("GET", `/v1/messages/${text.id}`);
    expect(body).toMatchObject({
      body: "el martes",
      content: { body: "el lunes" },
      edited: true,
      revoked: false,
    });
  });

  test.each([
    ["image", "Luna en casa", "Luna en casa"],
    ["document", "La receta", "La receta"],
    ["image", undefined, null],
    ["document", undefined, null],
  ] as const)("an edit of the caption of %s to %j shows it", async (type, caption, shown) => {
    const paloma = startPaloma();
    const from = newCustomer();
    const content = { type, base64: FILE.toBase64(), caption: "Luna" } as const;
    const file = await received(paloma, { from, content });
    expect(file.attachments).toMatchObject([{ caption: "Luna" }]);
    const { id, mime_type, sha256, filename } = file.content;
    const message = {
      type: "edit",
      edit: {
        original_message_id: file.wamid,
        message: { type, [type]: { caption, id, mime_type, sha256, filename } },
      },
    };
    const raw = { type: "raw", message } as const;
    const edit = await received(paloma, { from, content: raw, at: AT + SECOND_MS });
    expect(edit.attachments).toMatchObject([{ caption: shown }]);
    const { body } = await paloma.api("GET", `/v1/messages/${file.id}`);
    expect(body).toMatchObject({ edited: true, attachments: [{ caption: shown }] });
  });

  test("a revoke marks it and keeps it", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const text = await received(paloma, { from, content: { type: "text", body: "¡ups!" } });
    const revoke = { type: "revoke", originalMessageId: text.wamid } as const;
    await received(paloma, { from, content: revoke, at: AT + SECOND_MS });
    const { body } = await paloma.api("GET", `/v1/messages/${text.id}`);
    expect(body).toMatchObject({ body: "¡ups!", edited: false, revoked: true });
  });

  test("staff reading makes it read", async () => {
    const paloma = startPaloma();
    const text = await received(paloma, {
      from: newCustomer(),
      content: { type: "text", body: "hola" },
    });
    await paloma.api("POST", `/v1/conversations/${text.conversation_id}/read`);
    const { body } = await paloma.api("GET", `/v1/messages/${text.id}`);
    expect(body.status).toBe("read");
  });
});

describe("a message in a group", () => {
  test("shows who wrote it", async () => {
    const paloma = startPaloma();
    const [ana, beto] = [newCustomer(), newCustomer()];
    const groupId = unique("group-");
    const content = { type: "text", body: "¿quién va?" } as const;
    const one = await received(paloma, { from: ana, name: "Ana", content, groupId });
    const other = await received(paloma, { from: beto, name: "Beto", content, groupId });
    expect(one.conversation_id).toBe(other.conversation_id);
    expect(one.contact).toEqual({
      wa_id: ana,
      phone: `+52${ana.slice(3)}`,
      user_id: paloma.simulator.customers.find(ana)?.userId,
      username: null,
      name: "Ana",
    });
    expect(other.contact).toMatchObject({ wa_id: beto, name: "Beto" });
  });

  test("of a member without a phone shows the BSUID", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const { customers } = paloma.simulator;
    const person = customers.put(from, { hidesPhone: true, username: "beto.ñ" });
    const content = { type: "text", body: "yo" } as const;
    const { contact } = await received(paloma, { from, content, groupId: unique("group-") });
    expect(contact).toEqual({
      wa_id: null,
      phone: null,
      user_id: person?.userId,
      username: "beto.ñ",
      name: NAME,
    });
  });
});

describe("a message of ours", () => {
  test("shows every member, before and after Meta's statuses", async () => {
    const { simulator, api } = startPaloma();
    const to = newCustomer();
    const sent = await api("POST", "/v1/messages", {
      to,
      type: "template",
      template: {
        name: "appointment_reminder",
        params: { name: "Ana", pet: "Ñoña 🐈", date: "lunes", time: "10:00" },
      },
      metadata: { appointment: 8812, note: "ñ" },
      biz_opaque_callback_data: "kept",
    });
    const accepted = {
      id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      conversation_id: conversationIdOf(to),
      direction: "outbound",
      type: "template",
      status: "accepted",
      wamid: simulator.sent[0]?.wamid,
      phone_number_id: NUMBER,
      contact: {
        wa_id: to,
        phone: `+52${to.slice(3)}`,
        user_id: null,
        username: null,
        name: null,
      },
      body: expect.stringContaining("Ñoña 🐈"),
      content: simulator.sent[0]?.body["template"],
      attachments: [],
      context: null,
      referral: null,
      reactions: [],
      edited: false,
      revoked: false,
      metadata: { appointment: 8812, note: "ñ" },
      biz_opaque_callback_data: "kept",
      sent_by: "clinic",
      error: null,
      pricing: null,
      resend_of: null,
      fallback_of: null,
      send_at: null,
      expires_at: expect.stringMatching(ISO_TIME),
      created_at: expect.stringMatching(ISO_TIME),
      received_at: null,
      sent_at: null,
      delivered_at: null,
      read_at: null,
      failed_at: null,
    };
    expect(sent).toMatchObject({ status: 201, body: accepted });
    expect(Object.keys(sent.body).toSorted()).toEqual(Object.keys(accepted).toSorted());
    await simulator.flush();
    // The identity that a status names is learned after the status itself.
    const { body } = await eventually(
      () => api("GET", `/v1/messages/${sent.body.id}`),
      (answer) => answer.body.status === "read" && answer.body.contact.user_id !== null,
    );
    expect(body).toEqual({
      ...accepted,
      status: "read",
      contact: { ...accepted.contact, user_id: simulator.customers.find(to)?.userId },
      pricing: { billable: true, pricing_model: "PMP", type: "regular", category: "utility" },
      sent_at: expect.stringMatching(ISO_TIME),
      delivered_at: expect.stringMatching(ISO_TIME),
      read_at: expect.stringMatching(ISO_TIME),
      statuses: ["sent", "delivered", "read"].map((status) => ({
        status,
        at: expect.stringMatching(ISO_TIME),
      })),
    });
  });

  test("I6: that failed after it was sent shows Meta's reason, until it is delivered after all", async () => {
    const { simulator, api } = startPaloma({ automaticStatuses: ["sent"] });
    const sent = await api("POST", "/v1/messages", {
      to: newCustomer(),
      type: "template",
      template: {
        name: "appointment_reminder",
        params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
      },
    });
    await simulator.flush();
    simulator.reportStatus(sent.body.wamid, "failed", 131026);
    await simulator.flush();
    const path = `/v1/messages/${sent.body.id}`;
    const failed = await eventually(
      () => api("GET", path),
      ({ body }) => body.status === "failed",
    );
    expect(failed.body).toMatchObject({
      error: {
        code: "rejected_by_meta",
        detail: expect.any(String),
        meta: { code: 131026, message: expect.any(String), fbtrace_id: null },
      },
      failed_at: expect.stringMatching(ISO_TIME),
      statuses: [{ status: "sent" }, { status: "failed", errors: [{ code: 131026 }] }],
    });
    simulator.reportStatus(sent.body.wamid, "delivered");
    await simulator.flush();
    const delivered = await eventually(
      () => api("GET", path),
      ({ body }) => body.status === "delivered",
    );
    expect(delivered.body).toMatchObject({ error: null, failed_at: null });
  });

  test("I9: a status of Meta's that nobody knows is shown as it came", async () => {
    const { simulator, api, webhook } = startPaloma({ automaticStatuses: [] });
    const sent = await api("POST", "/v1/messages", {
      to: newCustomer(),
      type: "template",
      template: {
        name: "appointment_reminder",
        params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
      },
    });
    const status = {
      id: sent.body.wamid,
      status: "teleported",
      timestamp: String(AT / SECOND_MS),
      recipient_type: "group",
      recipient_participant_id: "5219982220001",
    };
    await webhook({
      entry: [
        {
          changes: [
            {
              field: "messages",
              value: { metadata: { phone_number_id: NUMBER }, statuses: [status] },
            },
          ],
        },
      ],
    });
    const { body } = await eventually(
      () => api("GET", `/v1/messages/${sent.body.id}`),
      (answer) => answer.body.status !== "accepted",
    );
    expect(simulator.sent).toHaveLength(1);
    expect(body).toMatchObject({
      status: "teleported",
      statuses: [
        {
          status: "teleported",
          at: new Date(AT).toISOString(),
          participant: "5219982220001",
        },
      ],
    });
  });

  test("with a file by link shows the link", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const { conversation_id } = await received(paloma, {
      from,
      content: { type: "text", body: "¿me mandas la foto?" },
    });
    const link = "https://files.example/luna.jpg";
    const { body } = await paloma.api("POST", "/v1/messages", {
      conversation_id,
      type: "image",
      image: { link, caption: "Luna 🐈" },
    });
    expect(body).toMatchObject({
      body: "Luna 🐈",
      attachments: [
        { type: "image", media_id: null, meta_id: null, caption: "Luna 🐈", url: link },
      ],
    });
  });

  test("that replies shows to what", async () => {
    const paloma = startPaloma();
    const text = await received(paloma, {
      from: newCustomer(),
      content: { type: "text", body: "¿a qué hora?" },
    });
    const { body } = await paloma.api("POST", "/v1/messages", {
      conversation_id: text.conversation_id,
      text: { body: "a las 10" },
      context: { message_id: text.id },
    });
    expect(body.context).toEqual({ message_id: text.wamid });
  });

  test("written on the business's phone is outbound, and nobody of the API sent it", async () => {
    const { simulator, api } = startPaloma();
    const to = newCustomer();
    const wamid = simulator.customers.echo({ to, body: "Ya salió de cirugía" });
    await simulator.flush();
    const { body } = await api("GET", `/v1/messages/${encodeURIComponent(wamid)}`);
    expect(body).toMatchObject({
      direction: "outbound",
      status: "accepted",
      body: "Ya salió de cirugía",
      sent_by: null,
      contact: { wa_id: to },
    });
  });
});

describe("I8: two business numbers", () => {
  test("are two conversations with the same customer, and no message crosses", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const one = await received(paloma, { from, content: { type: "text", body: "uno" } });
    const other = await received(paloma, {
      from,
      to: OTHER_NUMBER,
      content: { type: "text", body: "dos" },
    });
    expect(one.conversation_id).toBe(conversationIdOf(from));
    expect(other.conversation_id).toBe(conversationIdOf(from, OTHER_NUMBER));
    expect(other.phone_number_id).toBe(OTHER_NUMBER);
    const { body } = await paloma.api("GET", `/v1/conversations/${one.conversation_id}/messages`);
    expect(body.data.map((message: { body: string }) => message.body)).toEqual(["uno"]);
  });
});

describe("a number longer than a double holds", () => {
  test("keeps its digits on its way from Meta to the caller (I9)", async () => {
    const { webhook } = startPaloma();
    const message = textMessage(newCustomer(), "Hola");
    const text = JSON.stringify(
      webhookBody(messagesChange({ messages: [{ ...message, type: "hologram", hologram: 0 }] })),
    ).replace('"hologram":0', '"hologram":{"id":102290129340398123,"depth":0.5}');
    expect((await webhook(null, { text })).status).toBe(200);
    const response = await exports.default.fetch(
      `https://paloma.test/v1/messages/${encodeURIComponent(message["id"])}`,
      { headers: { authorization: "Bearer test-clinic-token" } },
    );
    expect(await response.text()).toContain('"content":{"id":102290129340398123,"depth":0.5}');
  });
});

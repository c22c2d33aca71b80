/** Messages as a conversation object takes them: in from customers, out from the business. */
import type { TakenMessage } from "../../src/conversation/state/state.ts";
import type { Address } from "../../src/lib/address.ts";
import { outboundMessageId } from "../../src/lib/ids.ts";
import type { InboundMessage, Person } from "../../src/message/inbound-message.ts";
import type { OutgoingMessage, ShownOfSend } from "../../src/message/outgoing-message.ts";
import { newCustomer, NUMBER } from "./paloma.ts";
import { idOfWamid } from "./store-rows.ts";
import { newWamid } from "./webhook-bodies.ts";

export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;

const LIFETIME_MS = DAY_MS;

export const NAMELESS: Person = {
  wa_id: null,
  user_id: null,
  parent_user_id: null,
  username: null,
  name: null,
};

/** Where nobody else's conversation is. */
export function newPhoneAddress(): Address & { kind: "phone" } {
  return { kind: "phone", phone: newCustomer().replace(/^521/, "52") };
}

export function newUserId(): string {
  return `MX.${crypto.randomUUID().replaceAll("-", "")}`;
}

/** The id of a message of Meta's, after its time and then `tail`, as the ids of the service sort. */
export function messageIdAt(at: number, tail = "0"): string {
  return `msg_${at.toString(16).padStart(12, "0")}${tail.padStart(20, "0")}`;
}

/** A customer's text, now, unless the members say otherwise. */
export function inboundMessage(members: Partial<InboundMessage> = {}): InboundMessage {
  const wamid = members.wamid ?? newWamid();
  const at = members.at ?? Date.now();
  const type = members.type ?? "text";
  const { phone_number_id = NUMBER } = members;
  const place = messageIdAt(at, crypto.randomUUID().replaceAll("-", "").slice(0, 20));
  return {
    id: idOfWamid(place, phone_number_id, wamid),
    wamid,
    phone_number_id,
    direction: "inbound",
    type,
    at,
    received_at: at,
    address: { kind: "phone", phone: "529982220001" },
    person: NAMELESS,
    changed_to: [],
    target_wamid: null,
    payload: JSON.stringify({ id: wamid, type, [type]: { body: "Hola" } }),
    ...members,
  };
}

/** The same as it stands in an inbox. */
export function takenMessage(members: Partial<TakenMessage> = {}): TakenMessage {
  return { ...inboundMessage(members), sequence: members.sequence ?? 1 };
}

/** A text of ours that is due now, unless the members say otherwise. */
export function outgoingMessage(members: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const now = Date.now();
  const ready_at = members.ready_at ?? now;
  return {
    id: outboundMessageId(now),
    phone_number_id: NUMBER,
    type: "text",
    content: JSON.stringify({ body: "Hola" }),
    reply_to: null,
    dial: null,
    ready_at,
    expires_at: ready_at + LIFETIME_MS,
    window: "ours",
    wait: true,
    ...members,
  };
}

/** What a message's row shows beside its content. */
export const SHOWN: ShownOfSend = {
  body: "Hola",
  metadata: null,
  biz_opaque_callback_data: null,
  sent_by: "clinic",
  request_hash: null,
  resend_of: null,
  send_at: null,
};

/** A template, which no closed window stops. */
export function outgoingTemplate(members: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const parameters = ["Ana", "Luna", "lunes", "10:00"].map((text) => ({ type: "text", text }));
  const template = {
    name: "appointment_reminder",
    language: { code: "es_MX" },
    components: [{ type: "body", parameters }],
  };
  return outgoingMessage({ type: "template", content: JSON.stringify(template), ...members });
}

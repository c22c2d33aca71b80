import { fromBase64 } from "../encoding.ts";
import type { Identifiers } from "../identifiers.ts";
import type { JsonObject } from "../json.ts";
import { Misuse } from "../misuse.ts";
import type { MediaStore } from "../media/media-store.ts";
import type { SessionWindows } from "../sending/session-window.ts";
import type { BusinessNumber, Settings } from "../settings.ts";
import { unixSeconds } from "../webhooks/message-status.ts";
import { contactOf, displayDigits, numberMembers } from "../webhooks/message-value.ts";
import type { SendOptions, WebhookSender } from "../webhooks/webhook-sender.ts";
import type { Customer } from "./customer.ts";
import { canonicalWaId, phoneDigits } from "./customer.ts";
import type { CustomerDirectory } from "./customer-directory.ts";
import type { InboundContent } from "./inbound-content.ts";
import {
  contentMembers,
  isMediaContent,
  mediaMembers,
  opensWindow,
  USUAL_MIME_TYPE,
  type MediaContent,
} from "./inbound-message.ts";
import type { Call, Echo, MarketingPreference, NumberChange, Writing } from "./writing.ts";
import type { WrittenMessages } from "./written-messages.ts";

/** What customers do, and the webhooks that report it to the business. Each returns the id of what happened. */
export interface CustomerTraffic {
  /** Sends any message; resolves with its wamid once the webhook is scheduled. */
  write(writing: Writing): Promise<string>;
  /** Calls the business number, which opens the session window. */
  call(call: Call): string;
  /** Not the customer but the business's own phone writes to the customer. */
  echo(echo: Echo): string;
  /** Stops or resumes marketing messages. */
  prefer(preference: MarketingPreference): string;
  /** Moves to another phone, or gets another BSUID. */
  changeNumber(change: NumberChange): string;
}

export interface CustomerTrafficRooms {
  readonly settings: Settings;
  readonly identifiers: Identifiers;
  readonly customers: CustomerDirectory;
  readonly written: WrittenMessages;
  readonly media: MediaStore;
  readonly windows: SessionWindows;
  readonly webhooks: WebhookSender;
}

interface Parties {
  readonly customer: Customer;
  readonly number: BusinessNumber;
}

const FILE_TEXT = "Pet-Friendly";

export function customerTraffic(rooms: CustomerTrafficRooms): CustomerTraffic {
  const { settings, identifiers, customers, webhooks, windows } = rooms;

  function parties(address: string, phoneNumberId: string | undefined): Parties {
    const customer = customers.find(address) ?? customers.put(address);
    if (customer === undefined) throw new Misuse(`nobody has the address ${address}`);
    const numbers = settings.businessNumbers;
    const number =
      phoneNumberId === undefined ? numbers[0] : numbers.find(({ id }) => id === phoneNumberId);
    if (number === undefined) throw new Misuse(`no business number ${phoneNumberId ?? "at all"}`);
    return { customer, number };
  }

  function post(
    field: string,
    number: BusinessNumber,
    members: JsonObject,
    options?: SendOptions,
  ): void {
    webhooks.send(
      {
        businessAccountId: settings.businessAccountId,
        field,
        value: { ...numberMembers(number), ...members },
      },
      options,
    );
  }

  async function membersOf(
    content: InboundContent,
    number: BusinessNumber,
    at: number,
  ): Promise<JsonObject> {
    if (!isMediaContent(content)) return contentMembers(content, at);
    const stored = await rooms.media.add({
      phoneNumberId: number.id,
      origin: "inbound",
      mimeType: content.mimeType ?? USUAL_MIME_TYPE[content.type],
      filename: null,
      bytes: fileOf(content),
    });
    return mediaMembers(content, stored);
  }

  return {
    async write(writing) {
      const { customer, number } = parties(writing.from, writing.to);
      customer.name = writing.name ?? customer.name;
      const at = writing.at ?? settings.now();
      const members = await membersOf(writing.content, number, at);
      const wamid = writing.wamid ?? identifiers.wamid(customer.waId);
      const message = {
        context: contextOf(writing, number),
        referral: writing.referral,
        ...sender(customer),
        group_id: writing.groupId,
        id: wamid,
        timestamp: unixSeconds(at),
        ...members,
      };
      const { content } = writing;
      const { type } = content;
      const deleted = type === "revoke" ? rooms.written.find(content.originalMessageId) : undefined;
      if (deleted !== undefined) deleted.isDeleted = true;
      rooms.written.add({
        wamid,
        phoneNumberId: number.id,
        customer,
        type,
        at,
        isDeleted: false,
      });
      if (opensWindow(members) && writing.groupId === undefined) {
        windows.open(number.id, customer, at);
      }
      // Meta's system messages come without contacts.
      const contacts = members["type"] === "system" ? undefined : [contactOf(customer)];
      post("messages", number, { contacts, messages: [message] }, writing);
      return wamid;
    },

    call({ from, to, event = "connect" }) {
      const { customer, number } = parties(from, to);
      const id = identifiers.wacid();
      const at = settings.now();
      windows.open(number.id, customer, at);
      const call = {
        id,
        ...sender(customer),
        to: displayDigits(number),
        event,
        timestamp: unixSeconds(at),
        direction: "USER_INITIATED",
      };
      post("calls", number, { contacts: [contactOf(customer)], calls: [call] });
      return id;
    },

    echo({ to, from, body }) {
      const { customer, number } = parties(to, from);
      const id = identifiers.wamid(customer.waId);
      const echo = {
        from: displayDigits(number),
        to: customer.hidesPhone ? undefined : customer.waId,
        to_user_id: customer.userId ?? undefined,
        to_parent_user_id: customer.parentUserId ?? undefined,
        id,
        timestamp: unixSeconds(settings.now()),
        type: "text",
        text: { body },
      };
      const contacts = [contactOf(customer)];
      post("smb_message_echoes", number, { contacts, message_echoes: [echo] });
      return id;
    },

    prefer({ from, to, value }) {
      const { customer, number } = parties(from, to);
      customer.optedOut = value === "stop";
      const preference = {
        wa_id: customer.hidesPhone ? undefined : customer.waId,
        user_id: customer.userId ?? undefined,
        parent_user_id: customer.parentUserId ?? undefined,
        detail: `User requested to ${value} marketing messages`,
        category: "marketing_messages",
        value,
        timestamp: Math.floor(settings.now() / 1000),
      };
      const contacts = [contactOf(customer)];
      post("user_preferences", number, { contacts, user_preferences: [preference] });
      return customer.waId;
    },

    changeNumber({ from, to, newPhone }) {
      const { customer, number } = parties(from, to);
      const digits = newPhone === undefined ? customer.waId : phoneDigits(newPhone);
      if (digits === null) throw new Misuse(`${newPhone} is not a phone number`);
      const before = { ...customer };
      customer.waId = canonicalWaId(digits);
      customer.userId = customers.newUserId(customer.waId);
      const id = identifiers.wamid(before.waId);
      const message = {
        ...sender(before),
        id,
        timestamp: unixSeconds(settings.now()),
        type: "system",
        system: systemChange(before, customer, newPhone === undefined),
      };
      post("messages", number, { messages: [message] });
      return id;
    },
  };
}

/** Made-up ones differ from place to place, so that a part is known from another. */
function fileOf({ base64, sizeBytes }: MediaContent): Uint8Array<ArrayBuffer> {
  if (base64 !== undefined || sizeBytes === undefined) return fromBase64(base64 ?? btoa(FILE_TEXT));
  const bytes = new Uint8Array(sizeBytes);
  for (let place = 0; place < sizeBytes; place += 1) bytes[place] = (place * 31) ^ (place >> 8);
  return bytes;
}

function sender(customer: Customer): JsonObject {
  return {
    from: customer.hidesPhone ? undefined : customer.waId,
    from_user_id: customer.userId ?? undefined,
    from_parent_user_id: customer.parentUserId ?? undefined,
  };
}

function contextOf(
  { replyTo, forwarded }: Writing,
  number: BusinessNumber,
): JsonObject | undefined {
  if (replyTo !== undefined) return { from: displayDigits(number), id: replyTo };
  if (forwarded === undefined) return undefined;
  return forwarded === "once" ? { forwarded: true } : { frequently_forwarded: true };
}

function systemChange(before: Customer, after: Customer, onlyUserId: boolean): JsonObject {
  const who = before.name ?? "User";
  const ids = { user_id: after.userId, previous_user_id: before.userId ?? undefined };
  return onlyUserId
    ? {
        body: `User ${who} changed from ${before.userId} to ${after.userId}`,
        ...ids,
        type: "user_changed_user_id",
      }
    : {
        body: `User ${who} changed from ${before.waId} to ${after.waId}`,
        wa_id: after.waId,
        ...ids,
        type: "user_changed_number",
      };
}

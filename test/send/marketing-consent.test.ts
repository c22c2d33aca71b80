import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { isUnwantedMarketing } from "../../src/send/prepare.ts";
import type { Destination } from "../../src/send/recipient.ts";
import { keepMarketingPreferences } from "../../src/store/contacts.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { newPhoneAddress, newUserId } from "../support/conversation-messages.ts";
import { NUMBER } from "../support/paloma.ts";
import { conversationRow, NOON, projectRows, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);
const stopped = (...addresses: string[]) =>
  keepMarketingPreferences(database, [{ addresses, preference: "stop", at: NOON }]);

function toPhone(phone: string): Destination {
  const address = { kind: "phone", phone } as const;
  return { conversationId: unique("c-"), phoneNumberId: NUMBER, address, dial: null };
}

describe("isUnwantedMarketing", () => {
  it("is true of a marketing template to somebody who stopped them, and of none other", async () => {
    const { phone } = newPhoneAddress();
    const { phone: other } = newPhoneAddress();
    await stopped(phone);
    expect(await isUnwantedMarketing(database, "MARKETING", toPhone(phone))).toBe(true);
    expect(await isUnwantedMarketing(database, "MARKETING", toPhone(other))).toBe(false);
    for (const category of ["UTILITY", "AUTHENTICATION", "SOMETHING_NEW", null]) {
      expect(await isUnwantedMarketing(database, category, toPhone(phone))).toBe(false);
    }
  });

  it("knows a person by every address of the conversation (I8)", async () => {
    const { phone } = newPhoneAddress();
    const user_id = newUserId();
    const conversation = conversationRow({ phone, user_id });
    await projectRows({ conversations: [conversation] });
    await stopped(user_id);
    const destination = { ...toPhone(phone), conversationId: conversation.id, address: null };
    expect(await isUnwantedMarketing(database, "MARKETING", destination)).toBe(true);
  });
});

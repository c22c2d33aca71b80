import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { isUnwantedMarketing } from "../../src/conversation/marketing-consent.ts";
import type { Destination } from "../../src/conversation/resolve-recipient.ts";
import { keepMarketingPreferences } from "../../src/store/contacts.ts";
import { createDatabase } from "../../src/store/database.ts";
import { keepTemplateUpdates, NOTHING_TOLD } from "../../src/store/templates.ts";
import { vaccinationReminder } from "../../src/templates/vaccination-reminder.ts";
import { newPhoneAddress, newUserId } from "../support/conversation-messages.ts";
import { NUMBER } from "../support/paloma.ts";
import { conversationRow, NOON, projectRows, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);
const { category } = vaccinationReminder;

afterEach(async () => {
  await env.DB.prepare("DELETE FROM templates WHERE name = ?").bind(vaccinationReminder.name).run();
  Object.assign(vaccinationReminder, { category });
});

/** A template that Meta says is of this category. */
async function templateOf(told: string | null) {
  const name = unique("template_");
  const update = { ...NOTHING_TOLD, name, language: "es_MX", category: told, at: NOON };
  await keepTemplateUpdates(database, [update]);
  return { name, language: { code: "es_MX" } };
}

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
    const marketing = await templateOf("MARKETING");
    expect(await isUnwantedMarketing(database, marketing, toPhone(phone))).toBe(true);
    expect(await isUnwantedMarketing(database, marketing, toPhone(other))).toBe(false);
    for (const told of ["UTILITY", "AUTHENTICATION", "SOMETHING_NEW", null]) {
      const template = await templateOf(told);
      expect(await isUnwantedMarketing(database, template, toPhone(phone))).toBe(false);
    }
  });

  it("is by the registry where no webhook told the category, and by the webhook where one did", async () => {
    const { phone } = newPhoneAddress();
    await stopped(phone);
    const template = { name: vaccinationReminder.name, language: { code: "es_MX" } };
    await env.DB.prepare("DELETE FROM templates WHERE name = ?").bind(template.name).run();
    expect(await isUnwantedMarketing(database, template, toPhone(phone))).toBe(false);
    Object.assign(vaccinationReminder, { category: "MARKETING" });
    expect(await isUnwantedMarketing(database, template, toPhone(phone))).toBe(true);
    const told = { ...NOTHING_TOLD, name: template.name, language: "es_MX", category: "UTILITY" };
    await keepTemplateUpdates(database, [{ ...told, at: 1 }]);
    expect(await isUnwantedMarketing(database, template, toPhone(phone))).toBe(false);
  });

  it("knows a person by every address of the conversation (I8)", async () => {
    const { phone } = newPhoneAddress();
    const user_id = newUserId();
    const conversation = conversationRow({ phone, user_id });
    await projectRows({ conversations: [conversation] });
    await stopped(user_id);
    const marketing = await templateOf("MARKETING");
    const destination = { ...toPhone(phone), conversationId: conversation.id, address: null };
    expect(await isUnwantedMarketing(database, marketing, destination)).toBe(true);
  });

  it("is false of a template without a name or a language", async () => {
    const { phone } = newPhoneAddress();
    await stopped(phone);
    for (const template of [{}, { name: "x" }, { language: "es_MX" }, { name: 7, language: {} }]) {
      expect(await isUnwantedMarketing(database, template, toPhone(phone))).toBe(false);
    }
  });
});

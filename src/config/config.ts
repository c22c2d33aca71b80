/** The settings from the environment, parsed once at the border. */
import * as v from "valibot";
import { type Country, isCountry } from "../lib/numbering-plan.ts";
import { looksLikePhone } from "../lib/phone.ts";
import { type ApiToken, parseApiTokens } from "./api-tokens.ts";
import { INBOX_SETTINGS, parseInbox, type SignIn } from "./inbox.ts";
import {
  listed,
  parsedBy,
  required,
  type Settings,
  text,
  textOf,
  textOr,
  valueOf,
  wholeNumber,
} from "./setting.ts";
import {
  type EventSubscriber,
  type EventSubscribersResult,
  parseEventSubscribers,
} from "./subscribers.ts";

/** All settings, checked. */
export type Config = {
  accessToken: string;
  /** More than one while the operator rotates the secret. */
  appSecrets: readonly string[];
  verifyToken: string;
  apiTokens: readonly ApiToken[];
  /** The business number that sends a request that names none. */
  phoneNumberId: string;
  /** The account that templates are pushed to and synced from; null if not set. */
  businessAccountId: string | null;
  graphApiVersion: string;
  graphApiBaseUrl: URL;
  markAsRead: "on_receive" | "on_open";
  /** The subscribers of events. */
  eventSubscribers: readonly EventSubscriber[];
  /** How many messages a second Meta accepts from one business number. */
  messagesPerSecond: number;
  /** How long messages are kept; null for ever. */
  retentionDays: number | null;
  /** The country whose national numbers callers may use; null if only international ones. */
  defaultCountry: Country | null;
  /** How the staff sign in to the inbox. */
  inboxSignIn: SignIn;
  /** The time zone in which the inbox shows times; null for each device's own. */
  inboxTimeZone: string | null;
};

/** A setting that is missing or wrong, and what to do about it. */
export type ConfigProblem = { setting: string; remedy: string };

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: ConfigProblem[] };

const NUMBER_SETTING = "WHATSAPP_PHONE_NUMBER_ID";

/** Only some routes need this setting. */
const BUSINESS_ACCOUNT_SETTING = "WHATSAPP_BUSINESS_ACCOUNT_ID";

/** The problem of such a route without the setting. */
export const NO_BUSINESS_ACCOUNT: ConfigProblem = {
  setting: BUSINESS_ACCOUNT_SETTING,
  remedy: "set the id of the WhatsApp Business account, as WhatsApp Manager shows it",
};

const NOT_A_PHONE =
  "this is a phone number: set the id that Meta gave it, which WhatsApp Manager shows beside it";

const GRAPH_VERSION = /^v\d{1,3}\.\d{1,2}$/;

/** Meta's limit for a number unless Meta raises it. */
const DEFAULT_MESSAGES_PER_SECOND = 80;

/** Meta's highest limit. */
const MESSAGES_PER_SECOND_MAX = 1000;

/** Ten years: a larger number is most likely a mistake. */
const RETENTION_DAYS_MAX = 3650;

/** Every setting by its name in the environment. */
const settingsSchema = v.object({
  WHATSAPP_ACCESS_TOKEN: required("set the system user's token"),
  WHATSAPP_APP_SECRET: v.pipe(text, v.transform(listed), v.nonEmpty("set the Meta app's secret")),
  WHATSAPP_VERIFY_TOKEN: required("set the webhook's verify token"),
  WHATSAPP_PHONE_NUMBER_ID: required("set the business number's id"),
  API_TOKENS: parsedBy((value) => {
    const { tokens, remedies } = parseApiTokens(listed(value));
    return remedies.length === 0 ? { ok: true, value: tokens } : { ok: false, remedies };
  }),
  GRAPH_API_VERSION: v.pipe(textOr("v25.0"), v.regex(GRAPH_VERSION, 'write it like "v25.0"')),
  GRAPH_API_BASE_URL: parsedBy((value) => {
    const url = URL.parse(value || "https://graph.facebook.com");
    return url === null
      ? { ok: false, remedies: ["write an absolute URL"] }
      : { ok: true, value: url };
  }),
  MARK_AS_READ: v.pipe(
    textOr("on_receive"),
    v.picklist(["on_receive", "on_open"], "choose on_receive or on_open"),
  ),
  EVENT_SUBSCRIBERS: parsedBy((value) => {
    const result = parseEventSubscribers(value);
    return result.ok ? { ok: true, value: result.subscribers } : result;
  }),
  MESSAGES_PER_SECOND: wholeNumber(
    MESSAGES_PER_SECOND_MAX,
    DEFAULT_MESSAGES_PER_SECOND,
    `write a whole number from 1 to ${MESSAGES_PER_SECOND_MAX}`,
  ),
  RETENTION_DAYS: wholeNumber(
    RETENTION_DAYS_MAX,
    null,
    `leave it empty to keep messages for ever, or write a whole number from 1 to ${RETENTION_DAYS_MAX}`,
  ),
  DEFAULT_COUNTRY: parsedBy<Country | null>((value) => {
    const code = value.toUpperCase();
    if (code === "") return { ok: true, value: null };
    return isCountry(code)
      ? { ok: true, value: code }
      : {
          ok: false,
          remedies: ['write the ISO code of a country, such as "MX", or leave it empty'],
        };
  }),
  WHATSAPP_BUSINESS_ACCOUNT_ID: v.pipe(
    text,
    v.transform((value) => value || null),
  ),
});

const { entries } = settingsSchema;

/** The last settings, and what they say: those of a deployment never change. */
let lastParsed: { values: readonly unknown[]; result: ConfigResult } | null = null;

const NAMES = [...Object.keys(entries), ...INBOX_SETTINGS];

/** Checks every setting and returns all problems at once. */
export function parseConfig(settings: Settings): ConfigResult {
  const values = NAMES.map((name) => valueOf(settings, name));
  if (lastParsed === null || lastParsed.values.some((value, place) => value !== values[place])) {
    lastParsed = { values, result: parsed(settings) };
  }
  return lastParsed.result;
}

function parsed(settings: Settings): ConfigResult {
  const { output, issues, success } = v.safeParse(settingsSchema, settings);
  const inbox = parseInbox(settings);
  const problems = [
    ...(issues ?? []).map(({ path, message }) => {
      return { setting: String(path?.[0].key), remedy: message };
    }),
    ...phonesAsIds(settings),
    ...(inbox.ok ? [] : inbox.problems),
  ];
  if (!success || !inbox.ok || problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    config: {
      accessToken: output.WHATSAPP_ACCESS_TOKEN,
      appSecrets: output.WHATSAPP_APP_SECRET,
      verifyToken: output.WHATSAPP_VERIFY_TOKEN,
      apiTokens: output.API_TOKENS,
      phoneNumberId: output.WHATSAPP_PHONE_NUMBER_ID,
      businessAccountId: output.WHATSAPP_BUSINESS_ACCOUNT_ID,
      graphApiVersion: output.GRAPH_API_VERSION,
      graphApiBaseUrl: output.GRAPH_API_BASE_URL,
      markAsRead: output.MARK_AS_READ,
      eventSubscribers: output.EVENT_SUBSCRIBERS,
      messagesPerSecond: output.MESSAGES_PER_SECOND,
      retentionDays: output.RETENTION_DAYS,
      defaultCountry: output.DEFAULT_COUNTRY,
      inboxSignIn: inbox.signIn,
      inboxTimeZone: inbox.timeZone,
    },
  };
}

/** Only the app secrets: the webhook verifies a body with them even if another setting is wrong. */
export function readAppSecrets(settings: Settings): string[] {
  return listed(textOf(settings, "WHATSAPP_APP_SECRET"));
}

/** Only the valid API tokens: the doctor answers even if another setting is wrong. */
export function readApiTokens(settings: Settings): ApiToken[] {
  return parseApiTokens(listed(textOf(settings, "API_TOKENS"))).tokens;
}

/** Only the verify token, for the webhook handshake. */
export function readVerifyToken(settings: Settings): string {
  return textOf(settings, "WHATSAPP_VERIFY_TOKEN");
}

/** Only the configured business number: a send from another number compares the two. */
export function readPhoneNumberId(settings: Settings): string {
  return textOf(settings, NUMBER_SETTING);
}

/** Only the subscribers, to queue and deliver events. */
export function readEventSubscribers(settings: Settings): EventSubscribersResult {
  return parseEventSubscribers(textOf(settings, "EVENT_SUBSCRIBERS"));
}

/** Only whether messages are marked as read when they come; a wrong value marks none. */
export function readMarksOnReceive(settings: Settings): boolean {
  const result = v.safeParse(entries.MARK_AS_READ, valueOf(settings, "MARK_AS_READ"));
  return result.success && result.output === "on_receive";
}

/** Only the pace: a business number's object needs it even if another setting is wrong. */
export function readMessagesPerSecond(settings: Settings): number {
  const result = v.safeParse(entries.MESSAGES_PER_SECOND, valueOf(settings, "MESSAGES_PER_SECOND"));
  return result.success ? result.output : DEFAULT_MESSAGES_PER_SECOND;
}

/** Only the retention; an invalid value must erase nothing. */
export function readRetention(
  settings: Settings,
): { ok: true; days: number | null } | { ok: false } {
  const result = v.safeParse(entries.RETENTION_DAYS, valueOf(settings, "RETENTION_DAYS"));
  return result.success ? { ok: true, days: result.output } : { ok: false };
}

/** The ids that are phone numbers, once it is known which country's. */
function phonesAsIds(settings: Settings): ConfigProblem[] {
  const country = v.safeParse(entries.DEFAULT_COUNTRY, valueOf(settings, "DEFAULT_COUNTRY"));
  if (!country.success) return [];
  return [NUMBER_SETTING, BUSINESS_ACCOUNT_SETTING]
    .filter((setting) => looksLikePhone(textOf(settings, setting), country.output))
    .map((setting) => ({ setting, remedy: NOT_A_PHONE }));
}

/** The settings from the environment, parsed once at the border. */
import { type Country, isCountry } from "../lib/numbering-plan.ts";
import { looksLikePhone } from "../lib/phone.ts";
import {
  type EventSubscriber,
  type EventSubscribersResult,
  parseEventSubscribers,
} from "./subscribers.ts";

/** What a token may do. */
export type Scope = "read" | "send" | "admin";

/** One caller of the API. */
export type ApiToken = { name: string; token: string; scopes: ReadonlySet<Scope> };

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
};

/** A setting that is missing or wrong, and what to do about it. */
export type ConfigProblem = { setting: string; remedy: string };

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: ConfigProblem[] };

/** The settings `parseConfig` reads; every value is optional until checked. */
export type Settings = Readonly<Record<string, unknown>>;

const ALL_SCOPES: readonly Scope[] = ["read", "send", "admin"];

/** An attacker could guess a shorter token; a longer name may be a token in the wrong place. */
const API_TOKEN_MIN_CHARACTERS = 16;

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

/** Checks every setting and returns all problems at once. */
export function parseConfig(settings: Settings): ConfigResult {
  const problems: ConfigProblem[] = [];
  const complain = (setting: string, remedy: string): void => {
    problems.push({ setting, remedy });
  };
  const required = (setting: string, remedy: string): string => {
    const value = text(settings, setting);
    if (value === "") complain(setting, remedy);
    return value;
  };

  const accessToken = required("WHATSAPP_ACCESS_TOKEN", "set the system user's token");
  const appSecrets = readAppSecrets(settings);
  if (appSecrets.length === 0) complain("WHATSAPP_APP_SECRET", "set the Meta app's secret");
  const verifyToken = required("WHATSAPP_VERIFY_TOKEN", "set the webhook's verify token");
  const phoneNumberId = required(NUMBER_SETTING, "set the business number's id");
  const businessAccountId = text(settings, BUSINESS_ACCOUNT_SETTING) || null;
  const apiTokens = parseApiTokens(text(settings, "API_TOKENS"), complain);

  const graphApiVersion = text(settings, "GRAPH_API_VERSION") || "v25.0";
  if (!GRAPH_VERSION.test(graphApiVersion)) {
    complain("GRAPH_API_VERSION", 'write it like "v25.0"');
  }
  const baseUrl = text(settings, "GRAPH_API_BASE_URL") || "https://graph.facebook.com";
  const graphApiBaseUrl = URL.parse(baseUrl);
  if (graphApiBaseUrl === null) complain("GRAPH_API_BASE_URL", "write an absolute URL");

  const markAsRead = text(settings, "MARK_AS_READ") || "on_receive";
  const knownMarkAsRead = markAsRead === "on_receive" || markAsRead === "on_open";
  if (!knownMarkAsRead) complain("MARK_AS_READ", "choose on_receive or on_open");

  const subscribers = readEventSubscribers(settings);
  if (!subscribers.ok) {
    for (const remedy of subscribers.remedies) complain("EVENT_SUBSCRIBERS", remedy);
  }

  const messagesPerSecond = parseMessagesPerSecond(settings);
  if (messagesPerSecond === null) {
    complain("MESSAGES_PER_SECOND", `write a whole number from 1 to ${MESSAGES_PER_SECOND_MAX}`);
  }

  const retention = readRetention(settings);
  if (!retention.ok) {
    const remedy = `leave it empty to keep messages for ever, or write a whole number from 1 to ${RETENTION_DAYS_MAX}`;
    complain("RETENTION_DAYS", remedy);
  }

  const defaultCountry = readDefaultCountry(settings);
  if (defaultCountry === "unknown") {
    complain("DEFAULT_COUNTRY", 'write the ISO code of a country, such as "MX", or leave it empty');
  } else {
    for (const setting of [NUMBER_SETTING, BUSINESS_ACCOUNT_SETTING]) {
      if (looksLikePhone(text(settings, setting), defaultCountry)) complain(setting, NOT_A_PHONE);
    }
  }

  if (
    problems.length > 0 ||
    defaultCountry === "unknown" ||
    !subscribers.ok ||
    graphApiBaseUrl === null ||
    !knownMarkAsRead ||
    messagesPerSecond === null ||
    !retention.ok
  ) {
    return { ok: false, problems };
  }
  return {
    ok: true,
    config: {
      accessToken,
      appSecrets,
      verifyToken,
      apiTokens,
      phoneNumberId,
      businessAccountId,
      graphApiVersion,
      graphApiBaseUrl,
      markAsRead,
      eventSubscribers: subscribers.subscribers,
      messagesPerSecond,
      retentionDays: retention.days,
      defaultCountry,
    },
  };
}

/** Only the app secrets: the webhook verifies a body with them even if another setting is wrong. */
export function readAppSecrets(settings: Settings): string[] {
  return list(text(settings, "WHATSAPP_APP_SECRET"));
}

/** Only the valid API tokens: the doctor answers even if another setting is wrong. */
export function readApiTokens(settings: Settings): ApiToken[] {
  return parseApiTokens(text(settings, "API_TOKENS"), () => undefined);
}

/** Only the verify token, for the webhook handshake. */
export function readVerifyToken(settings: Settings): string {
  return text(settings, "WHATSAPP_VERIFY_TOKEN");
}

/** Only the configured business number: a send from another number compares the two. */
export function readPhoneNumberId(settings: Settings): string {
  return text(settings, NUMBER_SETTING);
}

/** Only the subscribers, to queue and deliver events. */
export function readEventSubscribers(settings: Settings): EventSubscribersResult {
  return parseEventSubscribers(text(settings, "EVENT_SUBSCRIBERS"));
}

/** Only the pace: a business number's object needs it even if another setting is wrong. */
export function readMessagesPerSecond(settings: Settings): number {
  return parseMessagesPerSecond(settings) ?? DEFAULT_MESSAGES_PER_SECOND;
}

/** Only the retention; an invalid value must erase nothing. */
export function readRetention(
  settings: Settings,
): { ok: true; days: number | null } | { ok: false } {
  const value = figure(settings, "RETENTION_DAYS");
  if (value === "") return { ok: true, days: null };
  const days = wholeNumber(value, RETENTION_DAYS_MAX);
  return days === null ? { ok: false } : { ok: true, days };
}

function readDefaultCountry(settings: Settings): Country | null | "unknown" {
  const code = text(settings, "DEFAULT_COUNTRY").toUpperCase();
  if (code === "") return null;
  return isCountry(code) ? code : "unknown";
}

function parseMessagesPerSecond(settings: Settings): number | null {
  const value = figure(settings, "MESSAGES_PER_SECOND");
  return value === "" ? DEFAULT_MESSAGES_PER_SECOND : wholeNumber(value, MESSAGES_PER_SECOND_MAX);
}

/** The number if it is whole and from 1 to the maximum, else null. */
function wholeNumber(value: string, maximum: number): number | null {
  const number = Number(value);
  return /^\d+$/.test(value) && number >= 1 && number <= maximum ? number : null;
}

function parseApiTokens(
  value: string,
  complain: (setting: string, remedy: string) => void,
): ApiToken[] {
  const entries = list(value);
  if (entries.length === 0) complain("API_TOKENS", "set at least one name:token");
  const tokens: ApiToken[] = [];
  for (const [position, entry] of entries.entries()) {
    const [name, token, scopes, ...rest] = entry.split(":");
    const granted = scopes === undefined ? ALL_SCOPES : scopes.split("+");
    if (!name || !token || rest.length > 0 || !granted.every(isScope)) {
      complain(
        "API_TOKENS",
        `write entry ${position + 1} as name:token or name:token:read+send+admin`,
      );
      continue;
    }
    if (token.length < API_TOKEN_MIN_CHARACTERS) {
      complain(
        "API_TOKENS",
        `give ${nameOfToken(name, position)} a token of at least ${API_TOKEN_MIN_CHARACTERS} characters, such as \`openssl rand -hex 24\` prints`,
      );
      continue;
    }
    tokens.push({ name, token, scopes: new Set(granted) });
  }
  return tokens;
}

function nameOfToken(name: string, position: number): string {
  return name.length < API_TOKEN_MIN_CHARACTERS ? `"${name}"` : `entry ${position + 1}`;
}

function isScope(value: string): value is Scope {
  return value === "read" || value === "send" || value === "admin";
}

// A shell pipe adds a newline to a secret.
function text(settings: Settings, setting: string): string {
  const value = settings[setting];
  return typeof value === "string" ? value.trim() : "";
}

/** wrangler.toml accepts a number with or without quotes. */
function figure(settings: Settings, setting: string): string {
  const value = settings[setting];
  return typeof value === "number" ? String(value) : text(settings, setting);
}

function list(value: string): string[] {
  return value
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

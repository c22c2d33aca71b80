/** The environment, parsed once at the border. */
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

/** Everything the Worker needs to know, checked. */
export type Config = {
  accessToken: string;
  /** More than one while a secret is rotated. */
  appSecrets: readonly string[];
  verifyToken: string;
  apiTokens: readonly ApiToken[];
  /** The business number that sends where a request names none. */
  phoneNumberId: string;
  /** The account that templates are pushed to and synced from; null = not set. */
  businessAccountId: string | null;
  graphApiVersion: string;
  graphApiBaseUrl: URL;
  markAsRead: "on_receive" | "on_open";
  /** Who is told what happens here. */
  eventSubscribers: readonly EventSubscriber[];
  /** What Meta lets one business number send. */
  messagesPerSecond: number;
  /** How long messages are kept; null = for ever. */
  retentionDays: number | null;
  /** Whose national numbers callers may give; null = international ones alone. */
  defaultCountry: Country | null;
};

/** A setting that is missing or wrong, and what to do about it. */
export type ConfigProblem = { setting: string; remedy: string };

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: ConfigProblem[] };

/** The settings `parseConfig` reads; every value is optional until checked. */
export type Settings = Readonly<Record<string, unknown>>;

const ALL_SCOPES: readonly Scope[] = ["read", "send", "admin"];

/** A shorter one could be guessed; a name that is longer may be a token in the wrong place. */
const API_TOKEN_MIN_CHARACTERS = 16;

const NUMBER_SETTING = "WHATSAPP_PHONE_NUMBER_ID";

/** The one setting that only some routes need. */
const BUSINESS_ACCOUNT_SETTING = "WHATSAPP_BUSINESS_ACCOUNT_ID";

/** What is wrong where such a route finds it missing. */
export const NO_BUSINESS_ACCOUNT: ConfigProblem = {
  setting: BUSINESS_ACCOUNT_SETTING,
  remedy: "set the id of the WhatsApp Business account, as WhatsApp Manager shows it",
};

const NOT_A_PHONE =
  "this is a phone number: set the id that Meta gave it, which WhatsApp Manager shows beside it";

const GRAPH_VERSION = /^v\d{1,3}\.\d{1,2}$/;

/** Meta's limit for every number that it has not raised. */
const DEFAULT_MESSAGES_PER_SECOND = 80;

/** The most that Meta raises it to. */
const MESSAGES_PER_SECOND_MAX = 1000;

/** Ten years: a larger number is a mistake. */
const RETENTION_DAYS_MAX = 3650;

/** Checks every setting and reports all that is missing or wrong at once. */
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

/** The app secrets alone: what the webhook needs to verify a body. */
export function readAppSecrets(settings: Settings): string[] {
  return list(text(settings, "WHATSAPP_APP_SECRET"));
}

/** The API's tokens alone, as far as they can be read: what the doctor needs. */
export function readApiTokens(settings: Settings): ApiToken[] {
  return parseApiTokens(text(settings, "API_TOKENS"), () => undefined);
}

/** The verify token alone: what the handshake needs. */
export function readVerifyToken(settings: Settings): string {
  return text(settings, "WHATSAPP_VERIFY_TOKEN");
}

/** The configured business number alone: what a send by another one needs to know. */
export function readPhoneNumberId(settings: Settings): string {
  return text(settings, NUMBER_SETTING);
}

/** The subscribers alone: what events need to be queued and delivered. */
export function readEventSubscribers(settings: Settings): EventSubscribersResult {
  return parseEventSubscribers(text(settings, "EVENT_SUBSCRIBERS"));
}

/** The pace alone: what a business number's object needs, whatever else may be missing. */
export function readMessagesPerSecond(settings: Settings): number {
  return parseMessagesPerSecond(settings) ?? DEFAULT_MESSAGES_PER_SECOND;
}

/** How long messages are kept, alone; what can't be read erases nothing. */
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

/** From 1 to the maximum, else null. */
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

// A secret piped in with a trailing newline is the same secret.
function text(settings: Settings, setting: string): string {
  const value = settings[setting];
  return typeof value === "string" ? value.trim() : "";
}

/** wrangler.toml takes a number with quotes or without; without must not count as left out. */
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

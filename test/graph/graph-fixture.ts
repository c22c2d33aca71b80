import type { Config } from "../../src/config/config.ts";
import type { GraphError } from "../../src/graph/errors.ts";

export const ACCESS_TOKEN = "EAAG-secret-token";

export const PHONE_NUMBER_ID = "106540352242922";

export function graphConfig(changes: Partial<Config> = {}): Config {
  return {
    accessToken: ACCESS_TOKEN,
    appSecrets: ["app secret"],
    verifyToken: "verify",
    apiTokens: [
      { name: "reader", token: "reader-token", scopes: new Set(["read"]) },
      { name: "sender", token: "sender-token", scopes: new Set(["send"]) },
    ],
    phoneNumberId: PHONE_NUMBER_ID,
    businessAccountId: null,
    graphApiVersion: "v25.0",
    graphApiBaseUrl: new URL("https://graph.facebook.com"),
    markAsRead: "on_receive",
    eventSubscribers: [],
    retentionDays: null,
    messagesPerSecond: 80,
    defaultCountry: null,
    inboxSignIn: { mode: "token" },
    inboxTimeZone: null,
    ...changes,
  };
}

export function graphError(changes: Partial<GraphError> = {}): GraphError {
  return {
    code: null,
    message: "(#100) Invalid parameter",
    details: null,
    fbtrace_id: null,
    http_status: 400,
    retry_after_seconds: null,
    ...changes,
  };
}

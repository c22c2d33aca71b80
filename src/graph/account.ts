/**
 * Asks Meta about the token, the number, the account and the app's webhook.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
 * https://developers.facebook.com/docs/graph-api/reference/app/subscriptions
 */
import type { Config } from "../config/config.ts";
import { type JsonObject, objectMember, objectsMember, textMember } from "../lib/json.ts";
import { SECOND_MS } from "../lib/time.ts";
import { type GraphResult, requestJson } from "./request.ts";
import { debugTokenUrl, graphUrl } from "./url.ts";

/** What Meta reports of a token. */
export type TokenInfo = {
  valid: boolean;
  /** The token's app. */
  app_id: string | null;
  /** Milliseconds since the epoch; null if the token does not expire. */
  expires_at: number | null;
  scopes: readonly string[];
  /** The business accounts that the token may manage. */
  account_ids: readonly string[];
};

/** A business number; every value in Meta's own words, null where Meta left it out. */
export type NumberInfo = {
  verified_name: string | null;
  status: string | null;
  quality: string | null;
  messaging_limit: string | null;
  /** Whether the number can send: `AVAILABLE`, `LIMITED` or `BLOCKED`. */
  can_send: string | null;
  /** What limits the number, and what Meta advises. */
  troubles: readonly { description: string; solution: string | null }[];
  /** The address for its webhooks: the number's, else the account's, else the app's. */
  callback_url: string | null;
};

/** How people know a business number, in Meta's own words; null where Meta left it out. */
export type NumberNames = {
  display_phone_number: string | null;
  verified_name: string | null;
};

/** An app's webhook subscription for WhatsApp accounts. */
export type WebhookSubscription = {
  callback_url: string | null;
  active: boolean;
  /** Such as `messages`. */
  fields: readonly string[];
};

/** Returns failures of Meta and the network as values with their class; never throws them. */
type AccountClient = {
  token(): Promise<GraphResult<TokenInfo>>;
  number(phoneNumberId: string): Promise<GraphResult<NumberInfo>>;
  numberNames(phoneNumberId: string): Promise<GraphResult<NumberNames>>;
  /** Whether the token has access to the number with this id. */
  hasNumber(phoneNumberId: string): Promise<GraphResult<true>>;
  /** The ids of the apps that receive this account's webhooks. */
  subscribedApps(accountId: string): Promise<GraphResult<readonly string[]>>;
  /** Asks as the app itself, with its secret; "none" if the app has no webhook for WhatsApp. */
  webhook(appId: string, appSecret: string): Promise<GraphResult<WebhookSubscription | "none">>;
};

const NUMBER_FIELDS =
  "verified_name,status,quality_rating,whatsapp_business_manager_messaging_limit,health_status,webhook_configuration";

const NAME_FIELDS = "display_phone_number,verified_name";

const WHATSAPP_OBJECT = "whatsapp_business_account";

export function createAccountClient(config: Config): AccountClient {
  return {
    token: () => requestJson(config, { url: debugTokenUrl(config, config.accessToken) }, readToken),

    number: (phoneNumberId) =>
      requestJson(
        config,
        {
          url: graphUrl(config, phoneNumberId, null, { fields: NUMBER_FIELDS }),
        },
        readNumber,
      ),

    numberNames: (phoneNumberId) =>
      requestJson(
        config,
        {
          url: graphUrl(config, phoneNumberId, null, { fields: NAME_FIELDS }),
        },
        (answer) => ({
          display_phone_number: textMember(answer, "display_phone_number"),
          verified_name: textMember(answer, "verified_name"),
        }),
      ),

    hasNumber: (phoneNumberId) =>
      requestJson(
        config,
        { url: graphUrl(config, phoneNumberId, null, { fields: "id" }) },
        (answer) => (textMember(answer, "id") === null ? null : true),
      ),

    subscribedApps: (accountId) =>
      requestJson(
        config,
        { url: graphUrl(config, accountId, "subscribed_apps") },
        readSubscribedApps,
      ),

    webhook: (appId, appSecret) =>
      requestJson(
        // "App access token": the app's id and its secret.
        { ...config, accessToken: `${appId}|${appSecret}` },
        { url: graphUrl(config, appId, "subscriptions"), withheld: [appSecret] },
        readWebhook,
      ),
  };
}

function readToken(answer: JsonObject): TokenInfo | null {
  const data = objectMember(answer, "data");
  if (data === null) return null;
  const expiresAt = Number(textMember(data, "expires_at") ?? 0);
  return {
    valid: data["is_valid"] === true,
    app_id: textMember(data, "app_id"),
    expires_at: expiresAt > 0 ? expiresAt * SECOND_MS : null,
    scopes: textsMember(data, "scopes"),
    account_ids: objectsMember(data, "granular_scopes")
      .filter((granted) => granted["scope"] === "whatsapp_business_management")
      .flatMap((granted) => textsMember(granted, "target_ids")),
  };
}

function readNumber(answer: JsonObject): NumberInfo | null {
  if (textMember(answer, "id") === null) return null;
  const health = objectMember(answer, "health_status");
  const callbacks = objectMember(answer, "webhook_configuration");
  return {
    verified_name: textMember(answer, "verified_name"),
    status: textMember(answer, "status"),
    quality: textMember(answer, "quality_rating"),
    messaging_limit: textMember(answer, "whatsapp_business_manager_messaging_limit"),
    can_send: textMember(health, "can_send_message"),
    troubles: objectsMember(health, "entities").flatMap(troublesOf),
    callback_url:
      textMember(callbacks, "phone_number") ??
      textMember(callbacks, WHATSAPP_OBJECT) ??
      textMember(callbacks, "application"),
  };
}

function troublesOf(entity: JsonObject): NumberInfo["troubles"] {
  return objectsMember(entity, "errors").map((error) => ({
    description: textMember(error, "error_description") ?? "no description",
    solution: textMember(error, "possible_solution"),
  }));
}

function readSubscribedApps(answer: JsonObject): readonly string[] | null {
  if (!Array.isArray(answer["data"])) return null;
  return objectsMember(answer, "data").flatMap((subscription) => {
    const id = textMember(objectMember(subscription, "whatsapp_business_api_data"), "id");
    return id === null ? [] : [id];
  });
}

function readWebhook(answer: JsonObject): WebhookSubscription | "none" | null {
  if (!Array.isArray(answer["data"])) return null;
  const subscription = objectsMember(answer, "data").find(
    ({ object }) => object === WHATSAPP_OBJECT,
  );
  if (subscription === undefined) return "none";
  return {
    callback_url: textMember(subscription, "callback_url"),
    active: subscription["active"] === true,
    fields: objectsMember(subscription, "fields").flatMap((field) => {
      const name = textMember(field, "name");
      return name === null ? [] : [name];
    }),
  };
}

function textsMember(object: JsonObject, member: string): string[] {
  const values = object[member];
  if (!Array.isArray(values)) return [];
  return values.flatMap((value: unknown) => (typeof value === "string" ? [value] : []));
}

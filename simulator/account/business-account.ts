import * as v from "valibot";
import type { Settings } from "../settings.ts";

export const SIMULATED_APP = {
  id: "670843887433847",
  name: "Paloma",
  link: "https://www.facebook.com/",
};

/** The webhook fields of a WhatsApp business account that an app can subscribe to. */
const WEBHOOK_FIELDS = [
  "account_alerts",
  "account_review_update",
  "account_update",
  "business_capability_update",
  "calls",
  "flows",
  "history",
  "message_template_components_update",
  "message_template_quality_update",
  "message_template_status_update",
  "messages",
  "phone_number_name_update",
  "phone_number_quality_update",
  "security",
  "smb_message_echoes",
  "template_category_update",
  "user_preferences",
];

/** What an operator can have wrong; everything is right until said otherwise. */
export const accountSchema = v.strictObject({
  /** Whether the app hears of the account (`POST /{waba}/subscribed_apps`). */
  subscribed: v.exactOptional(v.boolean()),
  /** Null where no address was ever entered. */
  callbackUrl: v.exactOptional(v.nullable(v.string())),
  webhookActive: v.exactOptional(v.boolean()),
  unsubscribedFields: v.exactOptional(v.array(v.string())),
  /** Unix milliseconds, null for a token that does not expire. */
  tokenExpiresAt: v.exactOptional(v.nullable(v.number())),
  tokenScopes: v.exactOptional(v.array(v.string())),
  numberStatus: v.exactOptional(
    v.picklist(["CONNECTED", "PENDING", "FLAGGED", "RESTRICTED", "BANNED", "DISCONNECTED"]),
  ),
  numberQuality: v.exactOptional(v.picklist(["GREEN", "YELLOW", "RED", "UNKNOWN"])),
  messagingLimit: v.exactOptional(v.string()),
  canSend: v.exactOptional(v.picklist(["AVAILABLE", "LIMITED", "BLOCKED"])),
});

type AccountChanges = v.InferOutput<typeof accountSchema>;

export type AccountState = Required<AccountChanges>;

/** The account, its app and its number as Meta has them. */
export interface BusinessAccount {
  readonly state: AccountState;
  /** The fields that the app gets webhooks for. */
  readonly webhookFields: readonly string[];
  readonly tokenIsValid: boolean;
  change(changes: AccountChanges): void;
  /** Whether Meta posts webhooks of this field. */
  hearsOf(field: string): boolean;
}

export function businessAccount(settings: Settings): BusinessAccount {
  let state: AccountState = {
    subscribed: true,
    callbackUrl: settings.webhookUrl,
    webhookActive: true,
    unsubscribedFields: [],
    tokenExpiresAt: null,
    tokenScopes: ["whatsapp_business_management", "whatsapp_business_messaging"],
    numberStatus: "CONNECTED",
    numberQuality: "GREEN",
    messagingLimit: "TIER_1K",
    canSend: "AVAILABLE",
  };
  return {
    get state() {
      return state;
    },
    get webhookFields() {
      return WEBHOOK_FIELDS.filter((field) => !state.unsubscribedFields.includes(field));
    },
    get tokenIsValid() {
      return state.tokenExpiresAt === null || state.tokenExpiresAt > settings.now();
    },
    change(changes) {
      state = { ...state, ...changes };
    },
    hearsOf: (field) =>
      state.subscribed &&
      state.webhookActive &&
      state.callbackUrl !== null &&
      !state.unsubscribedFields.includes(field),
  };
}

/** The business that drills and soaks play: nothing of it is real, and none of it is a secret. */
import type { BusinessNumber } from "../../../simulator/settings.ts";

export const ACCESS_TOKEN = "rehearsal-access-token";
export const APP_SECRET = "rehearsal-app-secret";
export const VERIFY_TOKEN = "rehearsal-verify-token";
export const API_TOKEN = "rehearsal-api-token";

export const BUSINESS_ACCOUNT_ID = "102290129340398";

export const BUSINESS_NUMBERS: readonly [BusinessNumber, BusinessNumber] = [
  { id: "106540352242922", displayPhoneNumber: "+52 998 316 2438", verifiedName: "Pet-Friendly" },
  { id: "106540352242923", displayPhoneNumber: "+52 998 316 2439", verifiedName: "Pet-Friendly 2" },
];

/** What the Worker is configured with; all of it, so that nothing of the shell's comes through. */
export function workerEnvironment(graphApiBaseUrl: string): Readonly<Record<string, string>> {
  return {
    WHATSAPP_ACCESS_TOKEN: ACCESS_TOKEN,
    WHATSAPP_APP_SECRET: APP_SECRET,
    WHATSAPP_VERIFY_TOKEN: VERIFY_TOKEN,
    WHATSAPP_PHONE_NUMBER_ID: BUSINESS_NUMBERS[0].id,
    WHATSAPP_BUSINESS_ACCOUNT_ID: BUSINESS_ACCOUNT_ID,
    API_TOKENS: `rehearsal:${API_TOKEN}`,
    GRAPH_API_BASE_URL: graphApiBaseUrl,
  };
}

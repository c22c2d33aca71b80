import type { JsonObject } from "../json.ts";
import type { BusinessNumber } from "../settings.ts";

const DEFAULT_FIELDS = "id,display_phone_number,verified_name,quality_rating";

/** `GET /{phone_number_id}` with Meta's `fields`. */
export function phoneNumberObject(number: BusinessNumber, fields = DEFAULT_FIELDS): JsonObject {
  const all: JsonObject = {
    id: number.id,
    display_phone_number: number.displayPhoneNumber,
    verified_name: number.verifiedName,
    quality_rating: "GREEN",
    status: "CONNECTED",
    throughput: { level: "STANDARD" },
    messaging_limit_tier: "TIER_1K",
    platform_type: "CLOUD_API",
    code_verification_status: "VERIFIED",
  };
  const asked = new Set(["id", ...fields.split(",")]);
  return Object.fromEntries(Object.entries(all).filter(([name]) => asked.has(name)));
}

import * as v from "valibot";
import { inboundContentSchema } from "./inbound-content.ts";

const milliseconds = v.pipe(v.number(), v.minValue(0));

/** One message of a customer to the business. */
export const writingSchema = v.strictObject({
  /** Phone in any spelling, or BSUID; an unknown phone is a new customer. */
  from: v.string(),
  /** Sets the customer's profile name. */
  name: v.optional(v.string()),
  /** Phone number id of the business; its first number if left out. */
  to: v.optional(v.string()),
  content: inboundContentSchema,
  /** Meta's timestamp in Unix milliseconds; now if left out. */
  at: v.optional(v.number()),
  /** Given to send a message again under its old id. */
  wamid: v.optional(v.string()),
  /** The wamid that it answers. */
  replyTo: v.optional(v.string()),
  forwarded: v.optional(v.picklist(["once", "frequently"])),
  groupId: v.optional(v.string()),
  /** Meta's own referral object, of a click-to-WhatsApp ad. */
  referral: v.optional(v.record(v.string(), v.unknown())),
  /** How often the webhook is delivered. */
  copies: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  delayMs: v.optional(milliseconds),
});

export type Writing = v.InferOutput<typeof writingSchema>;

/** A message that the business sends from its own phone. */
export const echoSchema = v.strictObject({
  /** Phone in any spelling, or BSUID. */
  to: v.string(),
  from: v.optional(v.string()),
  body: v.string(),
});

export type Echo = v.InferOutput<typeof echoSchema>;

export const callSchema = v.strictObject({
  from: v.string(),
  to: v.optional(v.string()),
  event: v.optional(v.picklist(["connect", "terminate"])),
});

export type Call = v.InferOutput<typeof callSchema>;

export const marketingPreferenceSchema = v.strictObject({
  from: v.string(),
  to: v.optional(v.string()),
  value: v.picklist(["stop", "resume"]),
});

export type MarketingPreference = v.InferOutput<typeof marketingPreferenceSchema>;

export const numberChangeSchema = v.strictObject({
  from: v.string(),
  to: v.optional(v.string()),
  /** The customer's new phone; left out, only the BSUID changes. */
  newPhone: v.optional(v.string()),
});

export type NumberChange = v.InferOutput<typeof numberChangeSchema>;

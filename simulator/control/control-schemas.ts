import * as v from "valibot";
import { MESSAGE_STATUS_NAMES } from "../webhooks/message-status-name.ts";

const text = v.string();
const copies = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)));

export const customerSchema = v.strictObject({
  phone: text,
  userId: v.optional(v.nullable(text)),
  parentUserId: v.optional(v.nullable(text)),
  name: v.optional(v.nullable(text)),
  username: v.optional(v.nullable(text)),
  hidesPhone: v.optional(v.boolean()),
  onWhatsApp: v.optional(v.boolean()),
  optedOut: v.optional(v.boolean()),
  otherNumbers: v.optional(v.array(v.pipe(text, v.digits()))),
  tellsUserId: v.optional(v.boolean()),
});

export const webhookSchema = v.strictObject({
  field: text,
  value: v.record(text, v.unknown()),
  delayMs: v.optional(v.pipe(v.number(), v.minValue(0))),
  copies,
});

export const releaseSchema = v.strictObject({
  order: v.optional(v.picklist(["kept", "reversed", "shuffled"])),
  batching: v.optional(v.picklist(["separate", "one_body", "merged_values"])),
  copies,
});

export const statusSchema = v.strictObject({
  wamid: text,
  status: v.picklist(MESSAGE_STATUS_NAMES),
  errorCode: v.optional(v.number()),
});

export const reviewSchema = v.strictObject({
  name: text,
  language: text,
  status: v.picklist(["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"]),
});

export const templateSchema = v.strictObject({ name: text, language: text });

export const flushSchema = v.strictObject({ concurrent: v.optional(v.boolean()) });

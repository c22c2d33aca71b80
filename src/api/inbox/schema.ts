/** The answers of the inbox's own routes. */
import * as v from "valibot";
import { conversationSchema } from "../conversations/schema.ts";
import { messageSchema } from "../messages/schema.ts";
import { count, described, textOrNull, time } from "../schema.ts";

const numberSchema = v.strictObject({
  id: described(v.string(), "The business number's id at Meta."),
  display_phone_number: textOrNull("As Meta spells it; null if Meta did not answer."),
  verified_name: textOrNull("The name that customers see; null if Meta did not answer."),
});

/** `GET /inbox/api/me`. */
export const meSchema = v.strictObject({
  name: described(
    v.string(),
    "What `sent_by` and `changed_by` will say: a token's name, or an e-mail address.",
  ),
  scopes: v.array(v.picklist(["read", "send", "admin"])),
  sign_in: described(v.picklist(["token", "access"]), "`INBOX_SIGN_IN`."),
  numbers: described(
    v.array(numberSchema),
    "The configured business number first, then those with conversations.",
  ),
  time_zone: textOrNull("`INBOX_TIME_ZONE`; null for the device's own."),
  mark_as_read: described(v.picklist(["on_receive", "on_open"]), "`MARK_AS_READ`."),
  version: textOrNull("Changes with each build of the page; null if it is not built."),
  seq: count("How far the log of changes went before this answer: follow it from here."),
});

/** One of `GET /inbox/api/staff`. */
const staffSchema = v.strictObject({
  name: described(v.string(), "What `sent_by` and `assignee` say."),
  display_name: described(
    v.string(),
    "As Cloudflare Access names the person; else made of the name.",
  ),
  last_seen_at: time("When they last loaded the page, to the day."),
});

/** `GET /inbox/api/staff`. */
export const staffListSchema = v.strictObject({ data: v.array(staffSchema) });

export type StaffView = v.InferOutput<typeof staffSchema>;

export const changesSchema = v.strictObject({
  t: v.literal("changes"),
  from: count("The `after` asked for."),
  to: count("Ask for what comes after this next."),
  conversations: described(
    v.array(conversationSchema),
    "Each that changed, as it is now, with `last_message`.",
  ),
  messages: described(v.array(messageSchema), "Each that changed, as it is now."),
  gone: described(
    v.array(v.string()),
    "Ids of conversations and messages that are no more: erased, or merged into one that `conversations` has.",
  ),
  templates: described(v.boolean(), "Whether any template changed."),
});

export const resetSchema = v.strictObject({
  t: v.literal("reset"),
  seq: count("Load anew what is shown, then ask for what comes after this."),
});

/** `GET /inbox/api/changes`. */
export const changesAnswerSchema = v.variant("t", [changesSchema, resetSchema]);

export type ChangesFrame = v.InferOutput<typeof changesSchema>;

export type ResetFrame = v.InferOutput<typeof resetSchema>;

export type MeView = v.InferOutput<typeof meSchema>;

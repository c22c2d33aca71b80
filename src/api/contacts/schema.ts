/** A person, as conversations, messages and `/v1/contacts` show one. */
import * as v from "valibot";
import { textOrNull, timeOrNull } from "../schema.ts";

/** The person at the other end of a conversation or a message. */
export const personSchema = v.strictObject({
  wa_id: textOrNull("The WhatsApp id as Meta last spelled it."),
  phone: textOrNull("E.164, in the canonical spelling; null if Meta gives no phone number."),
  user_id: textOrNull("Meta's business-scoped user id (BSUID)."),
  username: textOrNull("Without `@`."),
  name: textOrNull("The name that the business gave, else the profile name."),
});

/** `/v1/contacts/{address}`. */
export const contactSchema = v.strictObject({
  ...personSchema.entries,
  owner: textOrNull("The id that your own system has for this person."),
  changed_by: textOrNull("The name of the API token that last set name or owner."),
  conversation_ids: v.pipe(v.array(v.string()), v.description("Newest first.")),
  created_at: timeOrNull("When the person first became known."),
  updated_at: timeOrNull("When the contact last changed."),
});

export type PersonView = v.InferOutput<typeof personSchema>;

export type ContactView = v.InferOutput<typeof contactSchema>;

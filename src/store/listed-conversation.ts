/** A conversation as lists show it. */
import type { ConversationRow } from "./conversations.ts";

const COLUMNS = [
  "id",
  "kind",
  "phone_number_id",
  "phone",
  "wa_id",
  "user_id",
  "username",
  "group_id",
  "profile_name",
  "contact_name",
  "owner",
  "assignee",
  "subject",
  "changed_by",
  "status",
  "unread_count",
  "read_up_to",
  "last_message_at",
  "last_customer_message_at",
  "waiting_since",
  "created_at",
  "updated_at",
] as const satisfies readonly (keyof ConversationRow)[];

export const LISTED_COLUMNS = COLUMNS.join(", ");

export type ListedConversation = Pick<ConversationRow, (typeof COLUMNS)[number]>;

/** The values of `LISTED_COLUMNS`, in that order. */
export type ListedValues = ValuesOf<typeof COLUMNS>;

type ValuesOf<Columns extends readonly (keyof ConversationRow)[]> = {
  [Place in keyof Columns]: ConversationRow[Columns[Place]];
};

/** Names each value by itself: naming them in a loop takes V8 several times as long, for each of a page. */
export function listedConversation([
  id,
  kind,
  phone_number_id,
  phone,
  wa_id,
  user_id,
  username,
  group_id,
  profile_name,
  contact_name,
  owner,
  assignee,
  subject,
  changed_by,
  status,
  unread_count,
  read_up_to,
  last_message_at,
  last_customer_message_at,
  waiting_since,
  created_at,
  updated_at,
]: ListedValues): ListedConversation {
  return {
    id,
    kind,
    phone_number_id,
    phone,
    wa_id,
    user_id,
    username,
    group_id,
    profile_name,
    contact_name,
    owner,
    assignee,
    subject,
    changed_by,
    status,
    unread_count,
    read_up_to,
    last_message_at,
    last_customer_message_at,
    waiting_since,
    created_at,
    updated_at,
  };
}

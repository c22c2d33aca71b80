/** Who wrote a message. */
import { type Conversation, type Message, nameOf } from "../state/views.ts";
import { safeText } from "../text/markup.ts";
import { words } from "../words/words.ts";
import { staffName } from "./staff-name.ts";

export function authorOf(message: Message, conversation: Conversation | null): string {
  if (message.direction === "outbound") return authorOfOurs(message.sent_by);
  // The customer may have been given another name since the message came; in a group each has their own.
  const named = conversation === null || conversation.kind === "group" ? message : conversation;
  return safeText(nameOf({ contact: named.contact, subject: conversation?.subject ?? "" }));
}

/** Staff by their name, what came from the phone itself as such. */
export function authorOfOurs(sentBy: string | null): string {
  return sentBy === null || sentBy === "" ? words.value.phoneApp : staffName(sentBy);
}

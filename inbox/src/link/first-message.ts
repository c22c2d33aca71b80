/** A message to a number that has no conversation yet. */
import type { Conversation, Message } from "../state/views.ts";
import { type Answer, ask, type Problem } from "./api.ts";

export type Found =
  | { kind: "conversation"; id: string }
  | { kind: "none" }
  | { kind: "no_phone" }
  | { kind: "unreachable" };

export type FirstSent =
  | { kind: "sent"; conversation_id: string }
  | { kind: "refused"; problem: Problem }
  | { kind: "unreachable" };

/** The conversation with this number, if there is one. */
export async function findByPhone(phone: string): Promise<Found> {
  const query = { contact: phone, limit: "1" };
  const answer = await ask<{ data: Conversation[] }>("GET", "conversations", { query });
  switch (answer.kind) {
    case "ok": {
      const [found] = answer.body.data;
      return found === undefined ? { kind: "none" } : { kind: "conversation", id: found.id };
    }
    case "refused":
      return { kind: answer.problem.errors === undefined ? "unreachable" : "no_phone" };
    case "unreachable":
    case "signed_out":
      return { kind: "unreachable" };
  }
}

/** @param key the same for each try, so that it arrives once */
export async function sendFirst(key: string, phone: string, template: object): Promise<FirstSent> {
  const body = { to: phone, type: "template", template, metadata: { inbox: key } };
  const answer = await ask<Message>("POST", "messages", { key, body });
  if (answer.kind !== "refused") return sentBy(answer);
  const { problem } = answer;
  if (problem.message_id === undefined) return { kind: "refused", problem };
  // If the message exists, its conversation says why it failed.
  const found = sentBy(await ask<Message>("GET", `messages/${problem.message_id}`));
  return found.kind === "refused" ? { kind: "refused", problem } : found;
}

function sentBy(answer: Answer<Message>): FirstSent {
  switch (answer.kind) {
    case "ok":
      return { kind: "sent", conversation_id: answer.body.conversation_id };
    case "refused":
      return { kind: "refused", problem: answer.problem };
    case "unreachable":
    case "signed_out":
      return { kind: "unreachable" };
  }
}

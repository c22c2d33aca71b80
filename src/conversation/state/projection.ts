/** The rows in D1 that follow from an object's state, inbox and outbox. Pure. */
import { type Address, identityOf } from "../../lib/address.ts";
import { foldedTogether } from "../../lib/folded.ts";
import { isJsonObject, objectMember, textMember } from "../../lib/json.ts";
import { phoneOf } from "../../lib/phone.ts";
import { RECEIVED_LIFE_MS } from "../../media/rules.ts";
import { attachmentOf } from "../../message/attachment.ts";
import { displayBody } from "../../message/display.ts";
import type { InboundMessage, Person } from "../../message/inbound-message.ts";
import {
  madeAt,
  type OutgoingMessage,
  payloadOf,
  type SendProgress,
  type SendToShow,
} from "../../message/outgoing-message.ts";
import type { MessageRow } from "../../store/messages.ts";
import { rowOfSend, type SendDetails, type SendProjection } from "../../store/project-sends.ts";
import type { ConversationProjection, MessageProjection } from "../../store/projection.ts";
import { type KnownPerson, personOf } from "./person.ts";
import type { ConversationState } from "./state.ts";
import { waitingShown } from "./unanswered.ts";

const UNKNOWN_MIME_TYPE = "application/octet-stream";

export function conversationProjection(
  id: string,
  state: ConversationState,
): ConversationProjection {
  const { address } = state;
  const person = personShown(state);
  return {
    id,
    ...(state.found_by_more ? { other_addresses: otherAddresses(state) } : {}),
    kind: address.kind === "group" ? "group" : "individual",
    phone_number_id: state.phone_number_id,
    group_id: address.kind === "group" ? address.group_id : null,
    ...person,
    profile_folded: foldedTogether([person.profile_name, person.username]),
    status: state.status,
    unread_count: state.unread_count,
    read_up_to: state.read_up_to === "" ? null : state.read_up_to,
    last_message_at: state.last_message_at === 0 ? state.created_at : state.last_message_at,
    last_customer_message_at: state.last_customer_message_at,
    waiting_since: waitingShown(state),
    version: state.version,
    created_at: state.created_at,
    updated_at: state.updated_at,
  };
}

/** What a conversation shows of its person. */
export function personShown({ address, person }: Pick<ConversationState, "address" | "person">) {
  const { wa_id, parent_user_id, username, name } = personOf(person);
  return {
    phone: phoneShown(address, person),
    wa_id: wa_id ?? (address.kind === "phone" ? address.phone : null),
    user_id: userIdShown(address, person),
    parent_user_id,
    username,
    profile_name: name,
  };
}

/**
 * The other identities that find the person: dialled numbers, former BSUIDs and phones, a parent account's
 * BSUID. An address counts once its object redirects here: until then it may be another person's.
 */
export function otherAddresses({
  address,
  links,
  person,
}: Pick<ConversationState, "address" | "links" | "person">): string[] {
  if (address.kind === "group") return [];
  const made = links.flatMap((link) => (link.made ? [link.address] : []));
  const known = [address, ...made].flatMap((each) =>
    each.kind === "group" ? [] : [identityOf(each)],
  );
  const shown = new Set([phoneShown(address, person), userIdShown(address, person)]);
  const all = [...known, ...(person.parent_user_id === null ? [] : [person.parent_user_id.value])];
  return [...new Set(all)].filter((identity) => !shown.has(identity)).toSorted();
}

function phoneShown(address: Address, person: KnownPerson): string | null {
  return phoneOfPerson(personOf(person)) ?? (address.kind === "phone" ? address.phone : null);
}

function userIdShown(address: Address, person: KnownPerson): string | null {
  return person.user_id?.value ?? (address.kind === "user" ? address.user_id : null);
}

/** The phone follows Meta's newest spelling: a customer may have changed the number. */
function phoneOfPerson({ wa_id }: Person): string | null {
  return wa_id === null ? null : phoneOf(wa_id);
}

export function messageProjection(
  conversationId: string,
  message: InboundMessage,
): MessageProjection {
  const parsed: unknown = JSON.parse(message.payload);
  const payload = isJsonObject(parsed) ? parsed : {};
  const attachment = attachmentOf(payload);
  return {
    id: message.id,
    conversation_id: conversationId,
    phone_number_id: message.phone_number_id,
    direction: message.direction,
    type: message.type,
    wamid: message.wamid,
    // D1 turns each half of a broken surrogate pair into three characters.
    body: displayBody(payload).toWellFormed(),
    payload: message.payload,
    participant: message.address.kind === "group" ? JSON.stringify(message.person) : null,
    target_wamid: message.target_wamid,
    state: message.direction === "inbound" ? "delivered" : "accepted",
    created_at: message.at,
    received_at: message.received_at,
    media:
      attachment === null || attachment.meta_id === null
        ? null
        : {
            id: mediaIdOf(message.id),
            meta_id: attachment.meta_id,
            meta_expires_at: Math.min(message.at, message.received_at) + RECEIVED_LIFE_MS,
            mime_type: attachment.mime_type ?? UNKNOWN_MIME_TYPE,
            sha256: attachment.sha256,
            filename: attachment.filename,
          },
  };
}

export function sendProjection(
  conversationId: string,
  { message_id, revision, report, message, is_new }: SendProgress & Partial<SendToShow>,
): SendProjection {
  const details = message ? detailsOf(message) : null;
  return {
    id: message_id,
    ...(details === null ? {} : { details, ...(is_new === true && { is_new }) }),
    conversation_id: conversationId,
    state_revision: revision,
    // Outside of the object a message during its call to Meta counts as queued.
    state: report.state === "calling" ? "queued" : report.state,
    wamid: report.state === "accepted" ? report.wamid : null,
    error: "error" in report && report.error !== null ? JSON.stringify(report.error) : null,
    failed_at: report.state === "failed" || report.state === "unconfirmed" ? report.at : null,
  };
}

/** What D1 needs for the row of a message; null where it has the row already. */
function detailsOf(message: OutgoingMessage): SendDetails | null {
  const { shown, ...sendable } = message;
  if (shown === undefined) return null;
  const payload = payloadOf(message);
  return {
    ...shown,
    phone_number_id: message.phone_number_id,
    type: message.type,
    payload: JSON.stringify(payload),
    media_id: message.files?.[0]?.media_id ?? null,
    target_wamid: textMember(objectMember(payload, "reaction") ?? {}, "message_id"),
    send_options: JSON.stringify(sendable),
    fallback_of: message.fallback_of ?? null,
    expires_at: message.expires_at,
    created_at: madeAt(message),
  };
}

/** What the row of a message shows of its conversation. */
type ShownOfConversation =
  | "id"
  | "phone"
  | "wa_id"
  | "user_id"
  | "username"
  | "profile_name"
  | "read_up_to";

/** The row of a message as D1 will have it, while D1 does not answer. */
export function messageRowOf(
  conversation: Pick<ConversationProjection, ShownOfConversation>,
  send: SendToShow,
): MessageRow | null {
  return rowOfSend(sendProjection(conversation.id, send), conversation, null);
}

/** A received message has one file at most, whose id follows from its own. */
export function mediaIdOf(messageId: string): string {
  return messageId.replace(/^msg_/, "med_");
}

/** The bodies of the events that subscribers receive. */
import * as v from "valibot";
import { type EventType, TEST_EVENT_TYPE } from "../../config/subscribers.ts";
import { conversationSchema } from "../conversations/schema.ts";
import { messageSchema, statusSchema } from "../messages/schema.ts";
import { accountEventSchema } from "../operator/schema.ts";
import { described, time } from "../schema.ts";
import { templateSchema } from "../templates/schema.ts";

const eventDataSchemas = {
  "message.received": v.strictObject({ message: messageSchema, conversation: conversationSchema }),
  "message.status": v.strictObject({
    message: messageSchema,
    status: described(
      statusSchema,
      "The status that this event reports; the message may have a later one.",
    ),
  }),
  "conversation.created": v.strictObject({ conversation: conversationSchema }),
  "conversation.updated": v.strictObject({
    conversation: conversationSchema,
    merged_id: v.optional(
      described(v.string(), "The conversation that was merged into this one: move its messages."),
    ),
  }),
  "template.updated": v.strictObject({ template: templateSchema }),
  "account.event": v.strictObject({ event: accountEventSchema }),
} satisfies Record<EventType, v.GenericSchema>;

/** The `data` of an event, by its type. */
export type EventDataView = {
  [Type in EventType]: v.InferOutput<(typeof eventDataSchemas)[Type]>;
};

const withId = v.strictObject({ id: v.string() });

/** What replaces data that is too large. */
const ids = {
  message: { message: withId },
  conversation: { conversation: withId },
  template: { template: v.strictObject({ name: v.string(), language: v.string() }) },
  account: { event: withId },
};

const numbered = {
  conversation_id: described(v.string(), "The conversation that `sequence` counts."),
  sequence: described(
    v.pipe(v.number(), v.integer(), v.minValue(1)),
    "Counts 1, 2, 3 … for each conversation: a missing number is an event that will still come.",
  ),
};

export const eventSchemas: Readonly<Record<EventType, v.GenericSchema>> = {
  "message.received": eventSchema("message.received", numbered, ids.message),
  "message.status": eventSchema("message.status", {}, ids.message),
  "conversation.created": eventSchema("conversation.created", numbered, ids.conversation),
  "conversation.updated": eventSchema("conversation.updated", numbered, ids.conversation),
  "template.updated": eventSchema("template.updated", {}, ids.template),
  "account.event": eventSchema("account.event", {}, ids.account),
};

export const testEventSchema = v.strictObject({
  type: v.literal(TEST_EVENT_TYPE),
  timestamp: time("When it was sent."),
  data: described(v.strictObject({}), "Always empty."),
});

function eventSchema(type: EventType, place: v.ObjectEntries, inItsPlace: v.ObjectEntries) {
  const tooLarge = v.strictObject({ too_large: v.literal(true), ...inItsPlace });
  return v.strictObject({
    type: v.literal(type),
    timestamp: time("When it happened."),
    ...place,
    data: described(
      v.union([eventDataSchemas[type], tooLarge]),
      "Only ids if the body would be larger than 256 KiB: ask the API for the rest.",
    ),
  });
}

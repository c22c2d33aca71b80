/** The reference of events: requests that Paloma sends to subscribers. */
import type * as v from "valibot";
import { EVENT_TYPES, type EventType, TEST_EVENT_TYPE } from "../../config/subscribers.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { eventSchemas, testEventSchema } from "./schema.ts";

const SUMMARIES: Readonly<Record<EventType, string>> = {
  "message.received":
    "A customer's message came, of any type: reactions, edits, revokes and system messages too",
  "message.status": "A message of yours has a new status, ours or Meta's",
  "conversation.created": "A customer wrote, called or was written to for the first time",
  "conversation.updated": "What the API shows of a conversation changed",
  "template.updated": "Meta reviewed, paused, rated or changed a template",
  "account.event": "Any other webhook field came",
};

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const headers: readonly Parameter[] = [
  {
    name: "webhook-id",
    in: "header",
    required: true,
    description:
      "The same at each attempt to deliver the event: store it under a unique key, to process the event once.",
  },
  {
    name: "webhook-timestamp",
    in: "header",
    required: true,
    description: "Unix seconds of this attempt.",
  },
  {
    name: "webhook-signature",
    in: "header",
    required: true,
    description:
      "`v1,` and the base64 HMAC-SHA256 of id, timestamp and body, joined by dots; one for each of the subscriber's secrets.",
  },
];

const RECEIPTS: Operation["answers"] = {
  204: {
    description:
      "You accept the event. Any 2xx within 15 seconds does so. After any other answer, even a redirect, Paloma tries again for two to three days.",
  },
  410: { description: "You do not want this event: it does not come again; other events do." },
  429: { description: "Paloma tries again, not before your `Retry-After`; 503 works the same." },
};

export const eventOperations: readonly Operation[] = [
  ...EVENT_TYPES.map((type) => eventOperation(type, SUMMARIES[type], eventSchemas[type], RECEIPTS)),
  eventOperation(
    TEST_EVENT_TYPE,
    "The doctor or `POST /v1/subscribers/test` tests whether you are there; it comes whatever types you want",
    testEventSchema,
    { 204: { description: "You are there. Any 2xx within 5 seconds says so." } },
  ),
];

function eventOperation(
  type: string,
  summary: string,
  schema: v.GenericSchema,
  answers: Operation["answers"],
): Operation {
  return {
    method: "post",
    path: type,
    tag: "Events to subscribers",
    scope: null,
    summary,
    parameters: headers,
    body: { required: true, content: { "application/json": schema } },
    answers,
  };
}

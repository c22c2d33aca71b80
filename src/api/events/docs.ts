/** What subscribers are sent: requests that go the other way. */
import type * as v from "valibot";
import { EVENT_TYPES, type EventType, TEST_EVENT_TYPE } from "../../config/subscribers.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { eventSchemas, testEventSchema } from "./schema.ts";

const SUMMARIES: Readonly<Record<EventType, string>> = {
  "message.received":
    "A customer's message came, of any type: reactions, edits, revokes and system messages too",
  "message.status": "Something became of a message of yours: a status of ours or of Meta's",
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
    description: "The same each time that the event is sent: under a unique key, once is once.",
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
      "`v1,` and in base64 the HMAC-SHA256 of id, timestamp and body with dots between, by each of the subscriber's secrets.",
  },
];

const RECEIPTS: Operation["answers"] = {
  204: {
    description:
      "Taken, as with any other 2xx within 15 seconds. Anything else, a redirect too, is tried again for two to three days.",
  },
  410: { description: "Not wanted: it does not come again, other events do." },
  429: { description: "Tried again, never before its `Retry-After`; so is 503." },
};

export const eventOperations: readonly Operation[] = [
  ...EVENT_TYPES.map((type) => eventOperation(type, SUMMARIES[type], eventSchemas[type], RECEIPTS)),
  eventOperation(
    TEST_EVENT_TYPE,
    "The doctor, or `POST /v1/subscribers/test`, asks whether you are there; it comes whatever types you want",
    testEventSchema,
    { 204: { description: "You are, as with any other 2xx within 5 seconds." } },
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

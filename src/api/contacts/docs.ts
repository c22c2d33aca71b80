/** `/v1/contacts`. */
import type { Operation, Parameter } from "../openapi/operation.ts";
import { contactBody } from "./body.ts";
import { contactSchema } from "./schema.ts";

const tag = "Contacts";

const address: Parameter = {
  name: "address",
  in: "path",
  description: "A phone number as in `to` of a send, or a user id.",
  example: "+529982220001",
};

const contact = { "application/json": contactSchema };

export const contactOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/contacts/{address}",
    tag,
    scope: "read",
    summary: "What is known of a person",
    parameters: [address],
    answers: { 200: { description: "The person.", content: contact } },
    problems: ["not_found"],
  },
  {
    method: "put",
    path: "/v1/contacts/{address}",
    tag,
    scope: "send",
    summary: "Say who a person is in your own system",
    description:
      "Name and owner are given to the person's conversations; what is left out is cleared.",
    parameters: [address],
    body: {
      required: true,
      content: { "application/json": contactBody },
      examples: { "a client of the clinic": { name: "Ana Ñúñez", owner: "client-42" } },
    },
    answers: { 200: { description: "The person.", content: contact } },
  },
  {
    method: "delete",
    path: "/v1/contacts/{address}",
    tag,
    scope: "admin",
    summary: "Erase a person",
    description:
      "Everything that is kept of them, by every phone number and user id they are known by. What waits to be sent is not sent; one call to Meta may be under way, and ends first. What Meta delivers again does not bring them back; what they write later begins anew.",
    parameters: [address],
    answers: { 204: { description: "Nothing is left." } },
    problems: ["not_found"],
  },
  {
    method: "get",
    path: "/v1/contacts/{address}/export",
    tag,
    scope: "admin",
    summary: "Hand out all that is kept of a person",
    parameters: [address],
    answers: {
      200: {
        description:
          "One JSON object a line, with `type` and `data`: the `contact`, each `conversation`, `message`, `event` and `dead_letter`, and last `end`. Without that it broke off.",
        content: { "application/x-ndjson": { type: "string" } },
      },
    },
    problems: ["not_found"],
  },
];

/** `/v1/contacts`. */
import type { Operation, Parameter } from "../openapi/operation.ts";
import { contactBody } from "./body.ts";
import { contactSchema } from "./schema.ts";

const tag = "Contacts";

const address: Parameter = {
  name: "address",
  in: "path",
  description: "A phone number, spelled as in `to` of a send, or a user id.",
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
    summary: "Set who a person is in your own system",
    description:
      "The person's conversations get this name and owner; a member that is left out is cleared.",
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
      "Everything that is kept of the person, under every phone number and user id that they are known by. Messages that wait are not sent; a call to Meta that is under way ends first. A webhook that Meta repeats does not bring the person back; a new message from them begins a new conversation.",
    parameters: [address],
    answers: { 204: { description: "Nothing of the person is left." } },
    problems: ["not_found"],
  },
  {
    method: "get",
    path: "/v1/contacts/{address}/export",
    tag,
    scope: "admin",
    summary: "Export everything that is kept of a person",
    parameters: [address],
    answers: {
      200: {
        description:
          "One JSON object a line, with `type` and `data`: the `contact`, each `conversation`, `message`, `event` and `dead_letter`, and last `end`. Without `end` the export is incomplete.",
        content: { "application/x-ndjson": { type: "string" } },
      },
    },
    problems: ["not_found"],
  },
];

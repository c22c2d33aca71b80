/** All that is known of a message, as a list of facts with their names. Pure. */
import type { StatusView } from "../../../src/api/messages/schema.ts";
import type { Message } from "../state/views.ts";
import type { Words } from "../words/es.ts";
import { asText, isKey, textIn } from "./describe.ts";

/** `at`: a time of the API's, to be shown by the clinic's clock. */
export type Fact = { name: string; at?: string | null; lines?: readonly (string | null)[] };

/** Those that say something. `statuses`: every one that Meta reported, as far as they are known. */
export function factsOf(
  message: Message,
  statuses: readonly StatusView[],
  author: string,
  words: Words,
): Fact[] {
  const { facts: names, types, status: states } = words;
  const { contact, content, direction, pricing, sent_by, status, type, wamid } = message;
  const isOurs = direction === "outbound";
  const isReported = statuses.some((reported) => reported.status === status);
  const stateOf = (name: string) => (isKey(states, name) ? states[name] : name);
  const facts: Fact[] = [
    { name: names.from, lines: isOurs ? [sent_by ?? author] : [author, contact.phone] },
    { name: names.written, at: message.created_at },
    { name: names.received, at: message.received_at },
    { name: states.scheduled, at: message.send_at },
    ...statuses.map(({ status: name, at, participant = null }) => ({
      name: stateOf(name),
      at,
      lines: [participant],
    })),
    ...(isOurs && !isReported
      ? [{ name: words.systemStatus, at: message.failed_at, lines: [stateOf(status)] }]
      : []),
    ...(type === "template"
      ? [
          {
            name: types.template,
            lines: [textIn(content, "name"), textIn(content, "language", "code")],
          },
        ]
      : []),
    { name: names.price, lines: priceLines(pricing) },
    { name: names.reason, lines: reasonLines(message) },
    { name: "WhatsApp", lines: [wamid] },
  ];
  return facts
    .map((fact) => ({ ...fact, lines: unique(fact.lines ?? []) }))
    .filter(({ at = null, lines }) => at !== null || lines.length > 0);
}

/** As the API gives it, with Meta's own names. */
function priceLines(pricing: Message["pricing"]): string[] {
  return Object.entries(pricing ?? {}).map(([name, value]) => `${name}: ${asText(value)}`);
}

function reasonLines({ error }: Message): (string | null)[] {
  if (error === null) return [];
  const { code, detail, meta = null } = error;
  return [
    code,
    meta === null ? null : `Meta ${meta.code}`,
    detail,
    ...(meta === null ? [] : [meta.message, meta.details, meta.fbtrace_id]),
  ];
}

function unique(lines: readonly (string | null)[]): string[] {
  return [...new Set(lines.flatMap((line) => line ?? []))].filter((line) => line !== "");
}

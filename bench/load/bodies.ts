/** What the load is made of: requests as Meta and the business's own systems make them. */
import { createHmac } from "node:crypto";
import { API_TOKEN, APP_SECRET, BUSINESS_NUMBER, KNOWN_CUSTOMERS } from "../clinic.ts";

export type Traffic =
  | "a text of a known customer"
  | "a text of a known customer whose object sleeps"
  | "a text of a new customer"
  | "100 texts of 100 customers"
  | "100 texts of one customer"
  | "100 texts of 100 customers whose objects will sleep"
  | "1,000 texts of 1,000 customers"
  | "a status"
  | "1,000 statuses"
  | "a send"
  | "a send without a key"
  | "a send without a slot"
  | PartOfSend
  | "a list of conversations";

/** The floor's send with more and more of what our design asks of one. */
export type PartOfSend =
  | "a send under an alarm"
  | "a send under an alarm, in our rows"
  | "a send under an alarm, in our rows, with our key"
  | "a send with all that is asked of ours";

/** A request ready to leave. */
export type LoadRequest = {
  method: "GET" | "POST";
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | null;
};

const BATCH = 100;

/** Meta batches up to this many. */
const MOST_UPDATES = 1000;
const SECOND_MS = 1000;

/** Behind the known ones in the customers' numbers. */
const SLEEPING_CUSTOMERS_FROM = 10_000_000;

/** Behind all others. */
const NEW_CUSTOMERS_FROM = 100_000_000;

/**
 * Distinct requests.
 *
 * @param first the number of the first, never used before in this run
 * @param sleepers how many customers there are whose objects sleep
 */
export function requestsOf(
  traffic: Traffic,
  { first, count, sleepers }: { first: number; count: number; sleepers: number },
): LoadRequest[] {
  return Array.from({ length: count }, (_, place) => requestOf(traffic, first + place, sleepers));
}

function requestOf(traffic: Traffic, number: number, sleepers: number): LoadRequest {
  const known = number % KNOWN_CUSTOMERS;
  const key = { "idempotency-key": `send-${number}` };
  const sendAlso = (parts: string) => send(known, number, `/v1/messages?also=${parts}`, key);
  switch (traffic) {
    case "a text of a known customer":
      return webhook(textsOf([known], number));
    case "a text of a known customer whose object sleeps":
      return webhook(textsOf([SLEEPING_CUSTOMERS_FROM + (number % sleepers)], number));
    case "100 texts of 100 customers whose objects will sleep":
      return webhook(
        textsOf(
          range(BATCH).map(
            (place) => SLEEPING_CUSTOMERS_FROM + ((number * BATCH + place) % sleepers),
          ),
          number,
        ),
      );
    case "a text of a new customer":
      return webhook(textsOf([NEW_CUSTOMERS_FROM + number], number));
    case "100 texts of 100 customers":
      return webhook(
        textsOf(
          range(BATCH).map((place) => (number * BATCH + place) % KNOWN_CUSTOMERS),
          number,
        ),
      );
    case "100 texts of one customer":
      return webhook(
        textsOf(
          range(BATCH).map(() => known),
          number,
        ),
      );
    case "1,000 texts of 1,000 customers":
      return webhook(textsOf(range(KNOWN_CUSTOMERS), number));
    case "a status":
      return webhook({ statuses: [statusOf(number, 0)] });
    case "1,000 statuses":
      return webhook({ statuses: range(MOST_UPDATES).map((place) => statusOf(number, place)) });
    case "a send":
      return send(known, number, "/v1/messages", key);
    case "a send without a key":
      return send(known, number, "/v1/messages", {});
    case "a send without a slot":
      return send(known, number, WITHOUT_SLOT, key);
    case "a send under an alarm":
      return sendAlso("alarm");
    case "a send under an alarm, in our rows":
      return sendAlso("alarm,rows");
    case "a send under an alarm, in our rows, with our key":
      return sendAlso("alarm,rows,key");
    case "a send with all that is asked of ours":
      return sendAlso("alarm,rows,key,changes,answer,log");
    case "a list of conversations":
      return { method: "GET", path: "/v1/conversations?limit=50", headers: AUTHORIZED, body: null };
  }
}

/** The floor alone can leave out what keeps the pace of a number. */
const WITHOUT_SLOT = "/v1/messages?slot=no";

const AUTHORIZED = { authorization: `Bearer ${API_TOKEN}` };

function send(
  customer: number,
  number: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): LoadRequest {
  return {
    method: "POST",
    path,
    headers: { ...AUTHORIZED, ...headers, "content-type": "application/json" },
    body: JSON.stringify({
      to: `+${waIdOf(customer)}`,
      text: { body: `Luna ya está lista, la esperamos. (${number})` },
    }),
  };
}

function textsOf(customers: readonly number[], number: number) {
  return {
    contacts: [...new Set(customers)].map((customer) => ({
      profile: { name: `Ana ${customer}` },
      wa_id: waIdOf(customer),
      user_id: userIdOf(customer),
    })),
    messages: customers.map((customer, place) => ({
      from: waIdOf(customer),
      from_user_id: userIdOf(customer),
      id: `wamid.${number}.${place}.HBgNNTIxOTk4MjIyMDAwMRUCABIYFDNBMUY2`,
      timestamp: unixSeconds(),
      type: "text",
      text: { body: "Hola, ¿tienen lugar el lunes para la vacuna de Luna?" },
    })),
  };
}

function statusOf(number: number, place: number) {
  return {
    id: `wamid.${number}.${place}.HBgNNTIxOTk4MjIyMDAwMRUCABIYFDNBMUY2`,
    status: "delivered",
    timestamp: unixSeconds(),
    recipient_id: waIdOf(number % KNOWN_CUSTOMERS),
    pricing: { billable: true, pricing_model: "PMP", category: "utility", type: "regular" },
  };
}

function webhook(value: object): LoadRequest {
  const metadata = { display_phone_number: "529983162438", phone_number_id: BUSINESS_NUMBER };
  const body = asMetaWrites({
    object: "whatsapp_business_account",
    entry: [
      {
        id: "102290129340398",
        changes: [
          { field: "messages", value: { messaging_product: "whatsapp", metadata, ...value } },
        ],
      },
    ],
  });
  const signature = createHmac("sha256", APP_SECRET).update(body).digest("hex");
  return {
    method: "POST",
    path: "/webhook",
    headers: { "content-type": "application/json", "x-hub-signature-256": `sha256=${signature}` },
    body,
  };
}

/** Meta escapes what is not ASCII; a library that verifies something else than the bytes relies on it. */
function asMetaWrites(body: object): string {
  return JSON.stringify(body).replaceAll(
    /[^\u0020-\u007e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A Mexican WhatsApp id, one for each customer. */
function waIdOf(customer: number): string {
  return `5219${String(customer).padStart(9, "0")}`;
}

function userIdOf(customer: number): string {
  return `MX.${String(customer).padStart(16, "0")}`;
}

function unixSeconds(): string {
  return String(Math.floor(Date.now() / SECOND_MS));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, place) => place);
}

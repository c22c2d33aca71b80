/** What the Workers are loaded with, and what is expected of ours. */
import type { Traffic } from "./load/bodies.ts";

export type Journey = {
  name: string;
  ours: Traffic;
  floor: Traffic;
  eventsPerRequest: number;
  connections: number;
  /** Requests ready for the first turn; later turns follow what the last one used. */
  firstRequests: number;
  /** The least ratio of the floor's CPU time a request to ours; null where none was set. */
  target: number | null;
};

/** Its customers become known before it, and are left alone until their objects sleep. */
export const SLEEPING_TEXT = "a text of a known customer whose object sleeps";

const CONNECTIONS = 16;

/** Each body is work for a hundred. */
const BATCH_CONNECTIONS = 4;

/** Those that leave nothing to alarms come first. */
export const JOURNEYS: readonly Journey[] = [
  journey("a status", { firstRequests: 5000, target: 0.8 }),
  journey("1,000 statuses", {
    eventsPerRequest: 1000,
    connections: BATCH_CONNECTIONS,
    firstRequests: 200,
    target: 0.85,
  }),
  journey("a list of conversations", { target: 0.75 }),
  journey("a text of a known customer", { target: 0.55 }),
  journey(SLEEPING_TEXT, {}),
  journey("a send", { target: 0.65 }),
  journey("a send without a key", {}),
  journey("a send", { floor: "a send without a slot" }),
  journey("a send", { floor: "a send with all that is asked of ours" }),
  journey("a text of a new customer", {}),
  journey("100 texts of one customer", {
    eventsPerRequest: 100,
    connections: BATCH_CONNECTIONS,
    firstRequests: 300,
  }),
  journey("100 texts of 100 customers", {
    eventsPerRequest: 100,
    connections: BATCH_CONNECTIONS,
    firstRequests: 100,
    target: 0.5,
  }),
  journey("1,000 texts of 1,000 customers", {
    eventsPerRequest: 1000,
    connections: 1,
    firstRequests: 20,
  }),
];

/** Our send beside a floor that does more and more of what is asked of it; only where they are named. */
const PARTS_OF_SEND: readonly Journey[] = [
  journey("a send", { name: "parts of a send" }),
  ...(
    [
      "a send under an alarm",
      "a send under an alarm, in our rows",
      "a send under an alarm, in our rows, with our key",
      "a send with all that is asked of ours",
    ] as const
  ).map((floor) => journey("a send", { name: "parts of a send", floor })),
];

/** What any server that answers Meta's webhooks can be loaded with. */
export const BESIDE_JOURNEYS = [
  "a text of a known customer",
  "a text of a new customer",
  "a status",
  "100 texts of 100 customers",
];

const ALL_JOURNEYS = [...JOURNEYS, ...PARTS_OF_SEND];

/** Those of these names; throws if there is none of a name. */
export function journeysCalled(names: readonly string[]): Journey[] {
  return names.flatMap((wanted) => {
    const found = ALL_JOURNEYS.filter(({ name }) => name === wanted);
    if (found.length > 0) return found;
    const known = [...new Set(ALL_JOURNEYS.map(({ name }) => name))].join(", ");
    throw new Error(`There is no journey "${wanted}". There are: ${known}.`);
  });
}

function journey(name: Traffic, changes: Partial<Journey>): Journey {
  return {
    name,
    ours: name,
    floor: name,
    eventsPerRequest: 1,
    connections: CONNECTIONS,
    firstRequests: 3000,
    target: null,
    ...changes,
  };
}

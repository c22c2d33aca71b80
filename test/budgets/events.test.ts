/**
 * What each kind of event costs, counted and held below a limit. Its after-work and the alarm that
 * it sets are part of it. `npm run bench` makes its cost table of the same counts.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { canonicalPhone } from "../../src/lib/phone.ts";
import { listBusinessNumbers } from "../../src/store/business-numbers.ts";
import { putContact } from "../../src/store/contacts.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import {
  conversationAt,
  letTimePass,
  stopTheClock,
  whileAwake,
} from "../support/conversation-object.ts";
import { type Costs, costsBetween } from "../support/costs.ts";
import { countCosts } from "../support/count-costs.ts";
import { newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";
import {
  conversationRow,
  messageRow,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";
import {
  contactOf,
  messagesChange,
  messageStatus,
  textMessage,
  webhookBody,
} from "../support/webhook-bodies.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Of all events of this test together. */
    eventCosts?: { event: string; events: number; costs: Costs };
  }
}

/** Later than the alarm that an event sets for what the Worker may leave undone. */
const ALARM_MS = 15_000;

const BATCH = 100;
const PAGE = 50;

/** Where each has an object of their own, which takes its time to make ready. */
const SMALL_BATCH = 10;

/** Of one event, on average; rows written are D1's and the object's. */
type Limits = { rowsWritten: number } & Partial<Costs>;

type Kind = {
  event: string;
  events: number;
  limits: Limits;
  /** Rows read for each business number in D1, beyond the limit: other tests have numbers of their own. */
  readsPerNumber?: number;
  /** Counted with the inbox too: one batch that changes what it shows. */
  isLogged?: true;
  prepare: () => Promise<Prepared>;
};

type Prepared = {
  /** The event. */
  play: () => Promise<void>;
  /** Those at whose objects it may set an alarm. */
  customers: readonly Person[];
  /** Many whose objects a slow machine would unload before the event, and read again. */
  awake?: readonly Person[];
};

const INBOUND: Limits = {
  rowsWritten: 6,
  d1RowsWritten: 5,
  objectRowsWritten: 1,
  d1RoundTrips: 1,
  // The message, the person's addresses, the begin or end of a wait, and the conversation; mostly two.
  d1Statements: 4,
  d1RowsRead: 18,
  objectCalls: 1,
  objectAlarms: 0,
  objectRowsRead: 6,
  queueMessages: 0,
};

/** The begin of a wait, in its own index, and the place in the assignee's list. */
const ROW_OF_WAIT = 1;
const ROW_OF_ASSIGNEE = 1;

/** From the webhook until the message shows it. */
const STATUS: Limits = { rowsWritten: 2, d1RowsRead: 45, objectCalls: 0, queueMessages: 1 };

/** The conversation's object, and its business number's for a slot. */
const SENDING = { objectCalls: 2, queueMessages: 0, graphCalls: 1 };

/** `calling`, the outcome, the alarm between them, and with it the events that the queue has. */
const OBJECT_ROWS = 4;

/** A list or a look-up. */
const READING: Limits = { rowsWritten: 0, d1RoundTrips: 1, objectCalls: 0, queueMessages: 0 };

const kinds: Kind[] = [
  {
    event: "a text of a known customer",
    isLogged: true,
    events: 1,
    limits: { ...INBOUND, graphCalls: 1 },
    prepare: async () => {
      const customers = [await knownPerson()];
      return { play: () => receive(customers), customers };
    },
  },
  {
    event: "the first text of a known customer since the last answer",
    events: 1,
    limits: { ...INBOUND, rowsWritten: 6 + ROW_OF_WAIT, d1RowsWritten: 5 + ROW_OF_WAIT },
    prepare: async () => {
      const customer = await personAnswered();
      const { waId } = customer;
      const contacts = [contactOf(waId, "Ana")];
      const messages = [textMessage(waId, "¿Hay lugar el lunes?")];
      const body = webhookBody(messagesChange({ contacts, messages }));
      return { play: () => deliver(body), customers: [customer] };
    },
  },
  {
    event: "a text of a known customer who is assigned to somebody",
    events: 1,
    limits: { ...INBOUND, rowsWritten: 6 + ROW_OF_ASSIGNEE, d1RowsWritten: 5 + ROW_OF_ASSIGNEE },
    prepare: async () => {
      const customer = await knownPerson();
      const path = `/v1/conversations/${objectOf(customer).id.toString()}`;
      await call("PATCH", path, { assignee: "ana" });
      await letTimePass(objectOf(customer), ALARM_MS);
      return { play: () => receive([customer]), customers: [customer] };
    },
  },
  {
    event: "a text of a new customer",
    events: 1,
    // Both objects make their tables: the phone's and the BSUID's.
    limits: {
      rowsWritten: 15 + ROW_OF_WAIT,
      objectRowsWritten: 8,
      d1RoundTrips: 1,
      objectCalls: 2,
      queueMessages: 0,
      graphCalls: 1,
    },
    prepare: async () => {
      const customers = [person()];
      return { play: () => receive(customers), customers };
    },
  },
  {
    event: "a text in a body of 10, of 10 known customers",
    isLogged: true,
    events: SMALL_BATCH,
    limits: { ...INBOUND, d1RoundTrips: 1 / SMALL_BATCH },
    prepare: async () => {
      const customers = await Promise.all(Array.from({ length: SMALL_BATCH }, knownPerson));
      return { play: () => receive(customers), customers, awake: customers };
    },
  },
  {
    event: "a text in a body of 100, of 100 known customers",
    events: BATCH,
    limits: { ...INBOUND, d1RoundTrips: 1 / BATCH },
    prepare: async () => {
      const customers = await Promise.all(Array.from({ length: BATCH }, knownPerson));
      return { play: () => receive(customers), customers, awake: customers };
    },
  },
  {
    event: "a text in a body of 100, of one known customer",
    isLogged: true,
    events: BATCH,
    limits: { rowsWritten: 2.2, d1RoundTrips: 1 / BATCH, objectCalls: 1 / BATCH, queueMessages: 0 },
    prepare: async () => {
      const customer = await knownPerson();
      const texts = Array.from({ length: BATCH }, () => customer);
      return { play: () => receive(texts), customers: [customer] };
    },
  },
  {
    event: "a status",
    isLogged: true,
    events: 1,
    limits: { ...STATUS, d1RoundTrips: 1 },
    prepare: async () => {
      const wamids = await sentWamids(1);
      return { play: () => report(wamids), customers: [] };
    },
  },
  {
    event: "a status in a body of 100",
    isLogged: true,
    events: BATCH,
    limits: { ...STATUS, d1RoundTrips: 1 / BATCH, queueMessages: 1 / BATCH },
    prepare: async () => {
      const wamids = await sentWamids(BATCH);
      return { play: () => report(wamids), customers: [] };
    },
  },
  {
    event: "a text sent to a known customer",
    isLogged: true,
    events: 1,
    limits: { ...SENDING, rowsWritten: 9, d1RoundTrips: 1, objectRowsWritten: OBJECT_ROWS },
    prepare: async () => {
      const customer = await personAnswered();
      const message = { to: `+${customer.waId}`, text: { body: "Luna ya está lista." } };
      return { play: () => call("POST", "/v1/messages", message), customers: [customer] };
    },
  },
  {
    // The end of the wait leaves its index, which counts as no row.
    event: "a text sent to a known customer who waits for it",
    events: 1,
    limits: { ...SENDING, rowsWritten: 9, d1RoundTrips: 1, objectRowsWritten: OBJECT_ROWS },
    prepare: async () => {
      const customer = await personOfMeta();
      const message = { to: `+${customer.waId}`, text: { body: "Luna ya está lista." } };
      return { play: () => call("POST", "/v1/messages", message), customers: [customer] };
    },
  },
  {
    event: "a text sent to a known customer, with an idempotency key",
    isLogged: true,
    events: 1,
    limits: { ...SENDING, rowsWritten: 10, d1RoundTrips: 2, objectRowsWritten: OBJECT_ROWS },
    prepare: async () => {
      const customer = await personAnswered();
      const message = { to: `+${customer.waId}`, text: { body: "Luna ya está lista." } };
      const key = unique("key-");
      return { play: () => call("POST", "/v1/messages", message, key), customers: [customer] };
    },
  },
  {
    event: "a text in a batch of 10 to 10 known customers, with idempotency keys",
    events: SMALL_BATCH,
    // One D1 batch for the keys and one for the messages, however many customers.
    limits: { rowsWritten: 7, d1RoundTrips: 2 / SMALL_BATCH, d1RowsWritten: 3 },
    prepare: async () => {
      const customers: Person[] = [];
      for (let made = 0; made < SMALL_BATCH; made += 1) customers.push(await personOfMeta());
      const messages = customers.map(({ waId }) => ({
        to: `+${waId}`,
        text: { body: "Luna ya está lista." },
        idempotency_key: unique("key-"),
      }));
      return {
        play: () => call("POST", "/v1/messages/batch", { messages }),
        customers: [],
        awake: customers,
      };
    },
  },
  {
    event: "a template sent to a new customer",
    events: 1,
    limits: { ...SENDING, rowsWritten: 13, d1RoundTrips: 2 },
    prepare: async () => {
      const customer = person();
      const params = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
      const template = { name: "appointment_reminder", params };
      const message = { to: `+${customer.waId}`, type: "template", template };
      return { play: () => call("POST", "/v1/messages", message), customers: [customer] };
    },
  },
  {
    event: "a conversation read by staff",
    events: 1,
    limits: { rowsWritten: 8, objectCalls: 2, queueMessages: 0 },
    prepare: async () => {
      const customer = await knownPerson();
      const path = `/v1/conversations/${objectOf(customer).id.toString()}/read`;
      return { play: () => call("POST", path), customers: [customer] };
    },
  },
  {
    event: "a page of 50 conversations",
    events: 1,
    limits: { ...READING, d1RowsRead: 4 * PAGE + 5 },
    readsPerNumber: 20,
    prepare: async () => {
      await projectRows({ conversations: Array.from({ length: PAGE }, () => conversationRow()) });
      // From the first list on, the isolate knows the numbers.
      await call("GET", "/v1/conversations");
      return { play: () => call("GET", "/v1/conversations"), customers: [] };
    },
  },
  {
    event: "a message looked up",
    events: 1,
    limits: { ...READING, d1RoundTrips: 2, d1RowsRead: 16 },
    readsPerNumber: 5,
    prepare: async () => {
      const [wamid = ""] = await sentWamids(1);
      const lookUp = () => call("GET", `/v1/messages/${wamid}`);
      // From the first look-up on, the isolate knows the numbers, and those of other tests no more.
      await lookUp();
      return { play: lookUp, customers: [] };
    },
  },
];

let paloma: Paloma;

beforeEach(() => {
  stopTheClock();
  paloma = startPaloma();
});

afterEach(() => {
  vi.useRealTimers();
  Object.assign(env, { INBOX: "on" });
});

describe("what an event may cost without an inbox", () => {
  test.for(kinds)("$event", async (kind, { task }) => {
    Object.assign(env, { INBOX: "off" });
    const { event, events, readsPerNumber = 0 } = kind;
    const numbers = await listBusinessNumbers(createDatabase(env.DB));
    const { d1RowsRead = Infinity } = kind.limits;
    const costs = await costsOf(kind);
    task.meta.eventCosts = { event, events, costs };
    const limits = { ...kind.limits, d1RowsRead: d1RowsRead + readsPerNumber * numbers.length };
    expect(overspent(costs, events, limits)).toEqual([]);
  });
});

describe("what the inbox adds: one row a batch and at most one hint, while nobody has it open", () => {
  test.for(kinds.filter(({ isLogged }) => isLogged === true))("$event", async (kind, { task }) => {
    const { event, events, limits } = kind;
    const costs = await costsOf(kind);
    task.meta.eventCosts = { event: `${event}, with the inbox`, events, costs };
    const batch = 1 / events;
    const { rowsWritten, d1RowsWritten, d1RoundTrips, objectCalls } = {
      d1RowsWritten: Infinity,
      d1RoundTrips: Infinity,
      objectCalls: Infinity,
      ...limits,
    };
    const withLog = {
      rowsWritten: rowsWritten + batch,
      d1RowsWritten: d1RowsWritten + batch,
      d1RoundTrips,
      objectCalls: objectCalls + batch,
    };
    expect(overspent(costs, events, withLog)).toEqual([]);
  });
});

async function costsOf({ prepare }: Kind): Promise<Costs> {
  const total = await countCosts();
  const { play, customers, awake = [] } = await prepare();
  return whileAwake(awake.map(objectOf), async () => {
    const before = await total();
    await play();
    await total();
    await Promise.all(customers.map((each) => letTimePass(objectOf(each), ALARM_MS)));
    return costsBetween(before, await total());
  });
}

function overspent(costs: Costs, events: number, limits: Partial<Limits>) {
  const rowsWritten = costs.d1RowsWritten + costs.objectRowsWritten;
  const counted: Record<string, number> = { ...costs, rowsWritten };
  return Object.entries(limits).flatMap(([name, limit]) => {
    const average = (counted[name] ?? 0) / events;
    return average > limit ? [{ name, average, limit }] : [];
  });
}

type Person = { waId: string; userId: string };

function person(): Person {
  return { waId: newCustomer(), userId: unique("MX.") };
}

/** Somebody who wrote before, by phone and BSUID, and whom a colleague looks after. */
async function knownPerson(): Promise<Person> {
  const someone = person();
  await receive([someone]);
  await letTimePass(objectOf(someone), ALARM_MS);
  const contact = {
    address: phoneOf(someone),
    name: "Ana",
    owner: unique("client-"),
    changed_by: "clinic",
  };
  await putContact(createDatabase(env.DB), contact, Date.now());
  return someone;
}

/** Somebody who wrote before and whom Meta knows. */
async function personOfMeta(): Promise<Person> {
  const someone = person();
  const content = { type: "text", body: "¿Ya está Luna?" } as const;
  await paloma.simulator.customers.write({ from: someone.waId, name: "Ana", content });
  await paloma.simulator.flush();
  await letTimePass(objectOf(someone), ALARM_MS);
  return someone;
}

/** The same, and whom the business answered: the conversation is active. */
async function personAnswered(): Promise<Person> {
  const someone = await personOfMeta();
  await call("POST", "/v1/messages", { to: `+${someone.waId}`, text: { body: "¡Hola!" } });
  await letTimePass(objectOf(someone), ALARM_MS);
  return someone;
}

/** A body with a text of each. */
async function receive(people: readonly Person[]): Promise<void> {
  const body = webhookBody(
    messagesChange({
      contacts: people.map(({ waId, userId }) => ({ ...contactOf(waId, "Ana"), user_id: userId })),
      messages: people.map(({ waId, userId }) =>
        textMessage(waId, "¿Hay lugar el lunes?", { from_user_id: userId }),
      ),
    }),
  );
  await deliver(body);
}

async function deliver(body: JsonObject): Promise<void> {
  expect((await paloma.webhook(body)).status).toBe(200);
}

/** Messages of ours that Meta took and reported as sent. */
async function sentWamids(count: number): Promise<string[]> {
  const conversation = conversationRow();
  const messages = Array.from({ length: count }, () =>
    messageRow(conversation, { direction: "outbound", state: "accepted" }),
  );
  await projectRows({ conversations: [conversation], messages });
  const wamids = messages.map(({ wamid }) => wamid);
  const statuses = wamids.map((wamid) => statusRow(wamid, "sent"));
  await recordStatuses(createDatabase(env.DB), statuses);
  return wamids;
}

async function report(wamids: readonly string[]): Promise<void> {
  const statuses = wamids.map((wamid): JsonObject => messageStatus(wamid, "delivered"));
  await deliver(webhookBody(messagesChange({ statuses })));
}

async function call(method: string, path: string, body?: object, key?: string): Promise<void> {
  const headers: Record<string, string> = key === undefined ? {} : { "idempotency-key": key };
  const answer = await paloma.api(method, path, body, { headers });
  expect(answer).toMatchObject({ status: expect.toSatisfy((status) => status < 300) });
}

function objectOf(someone: Person) {
  return conversationAt({ kind: "phone", phone: phoneOf(someone) });
}

function phoneOf({ waId }: Person): string {
  return canonicalPhone(waId);
}

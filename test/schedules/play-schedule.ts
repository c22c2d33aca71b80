/** Plays one random schedule over the real objects and D1, and audits what is left. */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { vi } from "vitest";
import type { Simulator } from "../../simulator/simulator.ts";
import { upkeep } from "../../src/jobs/cron.ts";
import { NUMBER, startPaloma, type Answer } from "../support/paloma.ts";
import { openBrowser } from "../support/inbox.ts";
import { LogFollower } from "../support/log-follower.ts";
import { faultyD1, type D1Fault, type Interruption } from "../support/faulty-d1.ts";
import { stopAllObjects } from "../support/under-way.ts";
import { pick, randomNumbers, STEPS, type Step } from "./schedule.ts";

const STEPS_A_SCHEDULE = 30;
const CUSTOMERS = 2;
const DELIVERY_TRIES = 20;
const API_TRIES = 5;
const ALARM_ROUNDS = 3;
/** How often the page asks what has changed. */
const LOOKS_PER_STEP = 0.4;
const SEED_DIGITS = 7;

/** More than an object's row remembers: some of them go into a page. */
const BURST_MESSAGES = 70;
/** In an interrupted journey, one of the first questions to D1 is its last. */
const INTERRUPTED_QUESTIONS = 4;
/** A question that objects stop at goes on after that, if the Worker asked it. */
const STOPPING_MS = 50;
const PAGE_MESSAGES = 200;
/** When upkeep takes up what a Worker left. */
const UPKEEP_AFTER_MS = 3 * 60 * 1000;

/** A webhook that the simulator posted and we hold back. */
type Body = { text: string; signature: string };

type Customer = {
  phone: string;
  /** Another number that reaches them, which only the answer to a send tells. */
  dialled: string;
  /** Wamids in the order of their timestamps, which are seconds. */
  written: Written[];
  /** In the order in which they were taken. */
  delivered: Set<string>;
  /** What staff have seen, and the newest second of that: what comes late counts as read before it. */
  seen: Set<string>;
  readUpTo: number;
};

type Written = { wamid: string; at: number; hidesPhone: boolean };

/** A Mexican customer whom this seed alone knows, so that it repeats every object's id as well. */
const customerOf = (seed: number, place: number): string =>
  `52155${String(seed % 10 ** SEED_DIGITS).padStart(SEED_DIGITS, "0")}${place}`;

type Send = {
  /** Null: it is never repeated. */
  key: string | null;
  /** As dialled. */
  to: string;
  /** Whom it reaches. */
  phone: string;
  text: string;
  isBatch: boolean;
  /** Whether the caller has a good answer. */
  isAnswered: boolean;
};

/** What has been taken of what they wrote. */
const came = ({ written, delivered }: Customer) =>
  written.filter(({ wamid }) => delivered.has(wamid));

/** What a customer wrote, oldest first. */
const wamidsOf = (messages: readonly Answer["body"][]): string[] =>
  messages
    .filter(({ direction }) => direction === "inbound")
    .map(({ wamid }) => wamid)
    .toReversed();

/**
 * How a conversation must be ordered: by second, and within it as taken. Until a phone and a BSUID were
 * one, each had its own order.
 */
function inOrder({ written, delivered }: Customer, hidesPhone: boolean): string[] {
  const taken = [...delivered];
  return written
    .filter((each) => each.hidesPhone === hidesPhone)
    .toSorted(
      (one, other) => one.at - other.at || taken.indexOf(one.wamid) - taken.indexOf(other.wamid),
    )
    .map(({ wamid }) => wamid);
}

/** Meta, with a moment at which all objects stop. */
function interruptible(simulator: Simulator): { interrupt: (next: Interruption | null) => void } {
  const ask = simulator.fetch.bind(simulator);
  let next: Interruption | null = null;
  vi.spyOn(simulator, "fetch").mockImplementation(async (request) => {
    const interruption = next;
    next = null;
    if (interruption?.moment === "before") {
      await interruption.act();
      throw new Error("never reached Meta");
    }
    const answer = await ask(request);
    await interruption?.act();
    return answer;
  });
  return {
    interrupt(interruption) {
      next = interruption;
    },
  };
}

/** What the audit found to be wrong; empty if nothing was. */
export async function playSchedule(seed: number): Promise<string[]> {
  const random = randomNumbers(seed);
  const held: Body[] = [];
  const delivered: Body[] = [];
  const { simulator, api } = startPaloma({
    randomSeed: seed,
    deliver: async (request) => {
      const signature = request.headers.get("x-hub-signature-256") ?? "";
      held.push({ text: await request.text(), signature });
      return new Response();
    },
  });
  const d1 = faultyD1();
  const meta = interruptible(simulator);
  /** An aborted D1 refuses the first questions after; whoever asks would ask again. */
  const persistently = async (ask: () => Promise<Answer>): Promise<Answer> => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await ask();
      if (answer.status < 500 || attempt === API_TRIES) return answer;
    }
  };
  const get = (path: string) => persistently(() => api("GET", path));
  const customers: Customer[] = Array.from({ length: CUSTOMERS }, (_unused, place) => {
    const phone = customerOf(seed, place);
    const dialled = phone.replace(/^521/, "225");
    simulator.customers.put(phone, { name: `Ana ${seed}`, otherNumbers: [dialled] });
    return { phone, dialled, written: [], delivered: new Set(), seen: new Set(), readUpTo: 0 };
  });
  const sends: Send[] = [];
  const keyed = () => sends.filter(({ key }) => key !== null);
  const history: Step[] = [];
  let fault: D1Fault = "none";
  const afflict = (next: D1Fault): void => {
    fault = next;
    d1.set(next);
  };
  let clock = Date.now() - 60 * 60 * 1000;

  const post = (body: Body): Promise<Response> =>
    exports.default.fetch("https://paloma.test/webhook", {
      method: "POST",
      headers: { "x-hub-signature-256": body.signature },
      body: body.text,
    });

  /** As Meta does: again until it is taken. */
  async function deliver(body: Body): Promise<void> {
    for (let attempt = 0; attempt < DELIVERY_TRIES; attempt += 1) {
      const response = await post(body).catch(() => null);
      if (response?.status === 200) {
        delivered.push(body);
        for (const customer of customers) {
          for (const { wamid } of customer.written) {
            if (body.text.includes(JSON.stringify(wamid).slice(1, -1).replaceAll("/", "\\/"))) {
              customer.delivered.add(wamid);
            }
          }
        }
        return;
      }
    }
    // What only D1 keeps is delivered again once D1 is back.
    if (fault === "none") throw new Error("a webhook was never taken");
    held.push(body);
  }

  async function writeAs(customer: Customer, hidesPhone: boolean): Promise<void> {
    await write(customer, hidesPhone);
    await simulator.flush();
  }

  /** Both customers at once, in one body. */
  async function writeBurst(): Promise<void> {
    simulator.webhooks.hold();
    for (let count = 0; count < BURST_MESSAGES; count += 1) {
      await write(pick(customers, random), false);
    }
    simulator.webhooks.release({ batching: "one_body" });
    await simulator.flush();
  }

  async function write(customer: Customer, hidesPhone: boolean): Promise<void> {
    simulator.customers.put(customer.phone, { hidesPhone });
    // Some share a second.
    clock += Math.floor(random() * 3) * 1000;
    const wamid = await simulator.customers.write({
      from: customer.phone,
      at: clock,
      content: { type: "text", body: `hola ${clock}` },
    });
    customer.written.push({ wamid, at: Math.floor(clock / 1000), hidesPhone });
  }

  /** By phone, by BSUID and by the number dialled. */
  function contactsOf({ phone, dialled }: Pick<Customer, "phone" | "dialled">): string[] {
    return [phone, simulator.customers.find(phone)?.userId ?? phone, dialled];
  }

  async function conversationsOf({ phone, dialled }: Customer): Promise<string[]> {
    const ids = new Set<string>();
    for (const contact of contactsOf({ phone, dialled })) {
      const { body } = await get(`/v1/conversations?contact=${contact}`);
      for (const { id } of body.data ?? []) ids.add(id);
    }
    return [...ids];
  }

  async function messagesOf(id: string): Promise<Answer["body"][]> {
    const messages: Answer["body"][] = [];
    for (let cursor = ""; ;) {
      const path = `/v1/conversations/${id}/messages?limit=${PAGE_MESSAGES}${cursor}`;
      const { body } = await get(path);
      messages.push(...body.data);
      if (body.next_cursor === null) return messages;
      cursor = `&cursor=${body.next_cursor}`;
    }
  }

  /**
   * Who wrote without a phone, or was sent something at the number dialled, may have a second
   * conversation that D1 does not know yet. It is one for certain where it shows what came either way;
   * and nothing of the other can be read by this one's mark where all that came is shown and nothing
   * older is on its way.
   */
  async function showsAll(customer: Customer, id: string): Promise<boolean> {
    const shown = new Set(wamidsOf(await messagesOf(id)));
    if (came(customer).some(({ wamid }) => !shown.has(wamid))) return false;
    if (!customer.written.some(({ hidesPhone }) => hidesPhone)) return true;
    const ways = new Set(came(customer).map(({ hidesPhone }) => hidesPhone));
    const newest = came(customer).at(-1)?.at ?? 0;
    return (
      ways.size === 2 || customer.written.filter(({ at }) => at <= newest).length === shown.size
    );
  }

  function order(
    { phone }: Customer,
    made: Partial<Pick<Send, "key" | "to" | "isBatch">> = {},
  ): Send {
    const ordered = {
      key: crypto.randomUUID(),
      to: phone,
      phone,
      text: `respuesta ${sends.length}`,
      isBatch: false,
      isAnswered: false,
      ...made,
    };
    sends.push(ordered);
    return ordered;
  }

  /** What goes to a number that nobody wrote from is a template. */
  function requestOf({ to, phone, text }: Send): object {
    const params = { name: text, pet: "Luna", date: "lunes", time: "10:00" };
    const template = { name: "appointment_reminder", params };
    return {
      to: `+${to}`,
      ...(to === phone ? { text: { body: text } } : { type: "template", template }),
    };
  }

  async function send(made: Send): Promise<void> {
    if (made.isBatch) return sendBatch([made]);
    const headers = made.key === null ? {} : { "idempotency-key": made.key };
    const answer = await api("POST", "/v1/messages", requestOf(made), { headers }).catch(
      () => null,
    );
    made.isAnswered ||= answer !== null && answer.status < 300;
    return undefined;
  }

  async function sendBatch(batch: readonly Send[]): Promise<void> {
    const messages = batch.map((made) => ({ ...requestOf(made), idempotency_key: made.key }));
    await api("POST", "/v1/messages/batch", { messages }).catch(() => null);
  }

  /**
   * All objects stop at a moment of the work: before or after D1 or Meta is asked. The schedule stops
   * them: an object can't stop itself.
   */
  async function interrupted(work: () => Promise<unknown>): Promise<void> {
    const moment = random() < 0.5 ? "before" : "after";
    const interruption = { skipped: Math.floor(random() * INTERRUPTED_QUESTIONS), moment } as const;
    const seen = { interruption: false, end: false };
    const act = (): Promise<void> => {
      seen.interruption = true;
      return scheduler.wait(STOPPING_MS);
    };
    if (random() < 0.3) meta.interrupt({ ...interruption, skipped: 0, act });
    else d1.interrupt({ ...interruption, act });
    const working = work().finally(() => {
      seen.end = true;
    });
    while (!seen.interruption && !seen.end) await scheduler.wait(1);
    if (seen.interruption) await stopAllObjects();
    await working;
    d1.interrupt(null);
    meta.interrupt(null);
  }

  /** Where one conversation shows all, what staff read of it is certain. */
  async function readable(customer: Customer): Promise<string | null> {
    const [id, ...more] = await conversationsOf(customer);
    // While two conversations are about to merge, or D1 fails, nobody knows what was read.
    if (id === undefined || more.length > 0 || fault !== "none") return null;
    return (await showsAll(customer, id)) ? id : null;
  }

  async function runAlarms(): Promise<void> {
    for (const customer of customers) {
      const person = simulator.customers.find(customer.phone);
      const names = [`${NUMBER}:phone:52${customer.phone.slice(3)}`];
      names.push(`${NUMBER}:phone:${customer.dialled}`);
      if (person?.userId) names.push(`${NUMBER}:user:${person.userId}`);
      for (const name of names) {
        await runDurableObjectAlarm(env.CONVERSATION.getByName(name)).catch(() => false);
      }
    }
  }

  async function play(step: Step): Promise<void> {
    switch (step) {
      case "write":
        return writeAs(pick(customers, random), false);
      case "write_without_phone":
        return writeAs(pick(customers, random), true);
      case "write_burst":
        return writeBurst();
      case "deliver": {
        const place = Math.floor(random() * held.length);
        const [body] = held.splice(place, 1);
        return body === undefined ? undefined : deliver(body);
      }
      case "deliver_twice": {
        const body = held.shift();
        if (body === undefined) return undefined;
        await Promise.all([deliver(body), deliver(body)]);
        return undefined;
      }
      case "deliver_old":
        return delivered.length === 0 ? undefined : deliver(pick(delivered, random));
      case "deliver_interrupted": {
        const body = held.shift();
        return body === undefined ? undefined : interrupted(() => deliver(body));
      }
      case "deliver_and_send": {
        const body = held.shift();
        const made = order(pick(customers, random));
        await Promise.all([body === undefined ? null : deliver(body), send(made)]);
        return undefined;
      }
      case "send":
        return send(order(pick(customers, random)));
      case "send_dialled": {
        const customer = pick(customers, random);
        return send(order(customer, { to: customer.dialled }));
      }
      case "send_without_key":
        return send(order(pick(customers, random), { key: null }));
      case "send_batch":
        return sendBatch(customers.map((customer) => order(customer, { isBatch: true })));
      case "send_interrupted": {
        const key = random() < 0.3 ? null : crypto.randomUUID();
        return interrupted(() => send(order(pick(customers, random), { key })));
      }
      case "prefer":
        simulator.customers.prefer({ from: pick(customers, random).phone, value: "resume" });
        return simulator.flush();
      case "repeat_send":
        return keyed().length === 0 ? undefined : send(pick(keyed(), random));
      case "statuses":
        return simulator.flush();
      case "read": {
        const customer = pick(customers, random);
        const id = await readable(customer);
        if (id === null) return undefined;
        await persistently(() => api("POST", `/v1/conversations/${id}/read`));
        for (const { wamid } of came(customer)) customer.seen.add(wamid);
        customer.readUpTo = Math.max(customer.readUpTo, ...came(customer).map(({ at }) => at));
        return undefined;
      }
      case "read_some": {
        const customer = pick(customers, random);
        const id = await readable(customer);
        if (id === null || came(customer).length === 0) return undefined;
        const messages = await messagesOf(id);
        const upTo = pick(wamidsOf(messages), random);
        const up_to = messages.find(({ wamid }) => wamid === upTo)?.id;
        await persistently(() => api("POST", `/v1/conversations/${id}/read`, { up_to }));
        const shown = wamidsOf(messages);
        for (const wamid of shown.slice(0, shown.indexOf(upTo) + 1)) customer.seen.add(wamid);
        const at = customer.written.find(({ wamid }) => wamid === upTo)?.at ?? 0;
        customer.readUpTo = Math.max(customer.readUpTo, at);
        return undefined;
      }
      case "close": {
        const [id] = await conversationsOf(pick(customers, random));
        if (id !== undefined) {
          await api("PATCH", `/v1/conversations/${id}`, { status: "closed" }).catch(() => null);
        }
        return undefined;
      }
      case "evict": {
        const name = `${NUMBER}:phone:52${pick(customers, random).phone.slice(3)}`;
        return evictDurableObject(env.CONVERSATION.getByName(name)).catch(() => undefined);
      }
      case "abort_all":
        return stopAllObjects();
      case "d1_refuses":
        return afflict("refused");
      case "d1_loses_answers":
        return afflict("answer_lost");
      case "d1_recovers":
        return afflict("none");
      case "alarms":
        return runAlarms();
    }
  }

  // A page that is open all the time. Its own numbers: a seed's steps stay what they are.
  const looks = randomNumbers(~seed);
  const browser = openBrowser();
  await browser.signIn();
  const page = new LogFollower(
    (path) => browser.ask("GET", path),
    () => customers.flatMap(contactsOf),
  );
  await page.follow();
  for (let count = 0; count < STEPS_A_SCHEDULE; count += 1) {
    const step = pick(STEPS, random);
    history.push(step);
    await play(step);
    if (looks() < LOOKS_PER_STEP) await page.follow();
  }

  // All trouble ends; Meta delivers what is left, and the alarms have their time.
  afflict("none");
  // Whoever wrote without a phone writes with it once: from then on both are known to be one.
  for (const customer of customers) {
    if (customer.written.length > 0) await writeAs(customer, false);
  }
  for (const made of keyed()) await send(made);
  for (let round = 0; round < 3; round += 1) {
    await simulator.flush();
    for (const body of held.splice(0)) await deliver(body);
  }
  for (let round = 0; round < ALARM_ROUNDS; round += 1) await runAlarms();
  // What a Worker kept whose object did not answer, and the conversation that it then assumed.
  await upkeep(env, Date.now() + UPKEEP_AFTER_MS);
  await runAlarms();

  for (let look = 0; look < API_TRIES && !(await page.follow()); look += 1);
  const wrong: string[] = await page.differences();
  const check = (what: string, is: unknown, should: unknown): void => {
    if (JSON.stringify(is) !== JSON.stringify(should)) {
      wrong.push(`${what}: ${JSON.stringify(is)} instead of ${JSON.stringify(should)}`);
    }
  };
  for (const customer of customers) {
    const ids = await conversationsOf(customer);
    const heardOf =
      customer.written.length > 0 || sends.some(({ phone }) => phone === customer.phone);
    check(`conversations of ${customer.phone}`, ids.length, heardOf ? 1 : 0);
    const [id] = ids;
    if (id === undefined) continue;
    const messages = await messagesOf(id);
    const shown = wamidsOf(messages);
    check(`messages of ${customer.phone}`, shown.length, customer.written.length);
    for (const hidesPhone of [false, true]) {
      const expected = inOrder(customer, hidesPhone);
      const theirs = shown.filter((wamid) => expected.includes(wamid));
      check(`order of ${customer.phone}`, theirs, expected);
    }
    const atOf = new Map(customer.written.map(({ wamid, at }) => [wamid, at]));
    const seconds = shown.map((wamid) => atOf.get(wamid) ?? 0);
    check(
      `seconds of ${customer.phone}`,
      seconds,
      seconds.toSorted((a, b) => a - b),
    );
    const { body: conversation } = await get(`/v1/conversations/${id}`);
    const newest = customer.written.at(-1);
    const unread = customer.written.filter(
      ({ wamid, at }) => at >= customer.readUpTo && !customer.seen.has(wamid),
    ).length;
    check(`unread of ${customer.phone}`, conversation.unread_count, unread);
    check(
      `window of ${customer.phone}`,
      conversation.last_customer_message_at,
      newest === undefined ? null : new Date(newest.at * 1000).toISOString(),
    );
    for (const made of sends.filter(({ phone }) => phone === customer.phone)) {
      const sent = simulator.sent.filter(({ body }) =>
        JSON.stringify(body).includes(`"${made.text}"`),
      );
      const ours = messages.filter(({ body }) => new RegExp(`\\b${made.text}\\b`).test(body));
      // An order without a key that broke off leaves a row if anything left.
      const isSure = made.key !== null || made.isAnswered;
      check(`rows of ${made.text}`, ours.length, isSure ? 1 : Math.max(ours.length, sent.length));
      check(`${made.text} at Meta at most once`, sent.length <= 1, true);
      check(`${made.text} in one row at most`, ours.length <= 1, true);
      if (ours.length === 0) continue;
      const status: string = ours[0]?.status ?? "none";
      const truthful =
        sent.length === 1
          ? ["accepted", "sent", "delivered", "read", "unconfirmed"]
          : ["failed", "queued", "unconfirmed"];
      if (!truthful.includes(status)) check(`status of ${made.text}`, status, truthful);
    }
  }
  simulator.stop();
  return wrong.length === 0 ? [] : [`seed ${seed}: ${history.join(" ")}`, ...wrong];
}

/**
 * One body through verify, parse and dispatch in Node: ours and two libraries, in turns. Started
 * by `startChild`, so that nothing else was compiled or collected in this process.
 */
import {
  normalizeWebhook,
  verifySignature as verifyByKapso,
} from "@kapso/whatsapp-cloud-api/server";
import { WhatsAppAPI } from "whatsapp-api-js";
import { jsonIn } from "../../src/lib/json.ts";
import { splitEvents } from "../../src/webhook/parse.ts";
import { verifySignature } from "../../src/webhook/signature.ts";
import { ACCESS_TOKEN, APP_SECRET } from "../clinic.ts";
import { requestsOf, type Traffic } from "../load/bodies.ts";
import type { PeerResult } from "../parts/measurement.ts";
import { answerParent } from "../processes/answer-parent.ts";
import { spreadOf } from "../statistics.ts";

type Delivery = { body: Buffer; signature: string };

type Peer = {
  who: string;
  /** How many events of the body it hands to its user. */
  dispatch: (delivery: Delivery) => Promise<number>;
  /** The same without its check of the signature. */
  dispatchUnverified: (delivery: Delivery) => Promise<number> | number;
};

const BODIES: readonly { traffic: Traffic; events: number; bodies: number }[] = [
  { traffic: "a text of a known customer", events: 1, bodies: 2000 },
  { traffic: "a status", events: 1, bodies: 2000 },
  { traffic: "100 texts of 100 customers", events: 100, bodies: 100 },
  { traffic: "1,000 statuses", events: 1000, bodies: 20 },
];

const PEERS: readonly Peer[] = [ours(), whatsappApiJs(), kapso()];

answerParent(null, async (rounds: number) => {
  const results: PeerResult[] = [];
  for (const kind of BODIES) results.push(...(await compare(kind, rounds)));
  return results;
});

async function compare(
  { traffic, events, bodies }: (typeof BODIES)[number],
  rounds: number,
): Promise<PeerResult[]> {
  const deliveries = requestsOf(traffic, { first: 1, count: bodies, sleepers: 1 }).map(
    ({ body, headers }) => ({
      body: Buffer.from(body ?? ""),
      signature: headers["x-hub-signature-256"] ?? "",
    }),
  );
  const runs = PEERS.map((peer) => ({ peer, whole: [] as number[], unverified: [] as number[] }));
  // The first round lets the compiler do its work and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    // Each round begins with another one, so that none always comes first.
    const first = round % runs.length;
    for (const { peer, whole, unverified } of [...runs.slice(first), ...runs.slice(0, first)]) {
      const wholeUs = await timeEach(deliveries, peer.dispatch);
      const unverifiedUs = await timeEach(deliveries, peer.dispatchUnverified);
      if (round === 0) continue;
      whole.push(wholeUs);
      unverified.push(unverifiedUs);
    }
  }
  return Promise.all(
    runs.map(async ({ peer, whole, unverified }) => ({
      who: peer.who,
      body: traffic,
      events,
      dispatched: deliveries[0] === undefined ? 0 : await peer.dispatch(deliveries[0]),
      wholeUs: spreadOf(whole),
      unverifiedUs: spreadOf(unverified),
    })),
  );
}

/** Microseconds of CPU for one, on average: all threads of this process, WebCrypto's among them. */
async function timeEach(
  deliveries: readonly Delivery[],
  work: (delivery: Delivery) => unknown,
): Promise<number> {
  const before = process.cpuUsage();
  for (const delivery of deliveries) await work(delivery);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / deliveries.length;
}

function ours(): Peer {
  return {
    who: "Paloma's `webhook/`",
    dispatchUnverified: weDispatch,
    async dispatch(delivery) {
      const { body, signature } = delivery;
      const isGenuine = await verifySignature(body, signature, [APP_SECRET]);
      return isGenuine ? weDispatch(delivery) : 0;
    },
  };
}

function weDispatch({ body }: Delivery): number {
  const text = new TextDecoder().decode(body);
  const parsed = jsonIn(text);
  if (parsed === undefined) return 0;
  const { messages, statuses, account, unusable } = splitEvents(text, parsed, Date.now());
  return messages.length + statuses.length + account.length + unusable.length;
}

function whatsappApiJs(): Peer {
  let dispatched = 0;
  const count = (): void => {
    dispatched += 1;
  };
  const verifying = new WhatsAppAPI({ token: ACCESS_TOKEN, appSecret: APP_SECRET, v: "v25.0" });
  const trusting = new WhatsAppAPI({ token: ACCESS_TOKEN, secure: false, v: "v25.0" });
  for (const { on } of [verifying, trusting]) {
    on.message = count;
    on.status = count;
  }
  return {
    who: "whatsapp-api-js 6.3.0",
    async dispatch({ body, signature }) {
      dispatched = 0;
      const text = body.toString();
      await verifying.post(JSON.parse(text), text, signature);
      return dispatched;
    },
    async dispatchUnverified({ body }) {
      dispatched = 0;
      await trusting.post(JSON.parse(body.toString()));
      return dispatched;
    },
  };
}

function kapso(): Peer {
  return {
    who: "@kapso/whatsapp-cloud-api 0.3.0",
    dispatchUnverified: kapsoDispatches,
    dispatch(delivery) {
      const { body, signature } = delivery;
      const isGenuine = verifyByKapso({
        appSecret: APP_SECRET,
        rawBody: body,
        signatureHeader: signature,
      });
      return Promise.resolve(isGenuine ? kapsoDispatches(delivery) : 0);
    },
  };
}

function kapsoDispatches({ body }: Delivery): number {
  const { messages, statuses } = normalizeWebhook(JSON.parse(body.toString()));
  return messages.length + statuses.length;
}

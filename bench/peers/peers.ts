/**
 * One body through verify, parse and dispatch in Node: ours and two libraries, in turns. Started
 * by `startChild`, so that nothing else was compiled or collected in this process.
 */
import {
  normalizeWebhook,
  verifySignature as verifyByKapso,
} from "@kapso/whatsapp-cloud-api/server";
import { WhatsAppAPI } from "whatsapp-api-js";
import { parseBody } from "../../src/webhook/parse-body.ts";
import { splitEvents } from "../../src/webhook/split-events.ts";
import { verifySignature } from "../../src/webhook/verify-signature.ts";
import { ACCESS_TOKEN, APP_SECRET } from "../clinic.ts";
import { requestsOf, type Traffic } from "../load/bodies.ts";
import type { PeerResult } from "../parts/measurement.ts";
import { answerParent } from "../processes/answer-parent.ts";
import { spreadOf } from "../statistics.ts";

type Delivery = { body: Buffer; signature: string };

type Peer = {
  who: string;
  /** How many events of the body it hands to whoever uses it. */
  dispatch: (delivery: Delivery) => Promise<number>;
  /** Its check of the signature alone. */
  verify: (delivery: Delivery) => Promise<boolean> | boolean;
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
  const deliveries = requestsOf(traffic, 1, bodies).map(({ body, headers }) => ({
    body: Buffer.from(body ?? ""),
    signature: headers["x-hub-signature-256"] ?? "",
  }));
  const runs = PEERS.map((peer) => ({ peer, whole: [] as number[], verify: [] as number[] }));
  // The first round lets the compiler do its work and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { peer, whole, verify } of runs) {
      const wholeUs = await timeEach(deliveries, peer.dispatch);
      const verifyUs = await timeEach(deliveries, peer.verify);
      if (round === 0) continue;
      whole.push(wholeUs);
      verify.push(verifyUs);
    }
  }
  return Promise.all(
    runs.map(async ({ peer, whole, verify }) => ({
      who: peer.who,
      body: traffic,
      events,
      dispatched: deliveries[0] === undefined ? 0 : await peer.dispatch(deliveries[0]),
      wholeUs: spreadOf(whole),
      verifyUs: spreadOf(verify),
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
    verify: weVerify,
    async dispatch(delivery) {
      if (!(await weVerify(delivery))) return 0;
      const text = new TextDecoder().decode(delivery.body);
      const parsed = parseBody(text);
      if (!parsed.ok) return 0;
      const { messages, statuses, account, unusable } = splitEvents(text, parsed.value, Date.now());
      return messages.length + statuses.length + account.length + unusable.length;
    },
  };
}

function weVerify({ body, signature }: Delivery): Promise<boolean> {
  return verifySignature(body, signature, [APP_SECRET]);
}

function whatsappApiJs(): Peer {
  const api = new WhatsAppAPI({ token: ACCESS_TOKEN, appSecret: APP_SECRET, v: "v25.0" });
  let dispatched = 0;
  const count = (): void => {
    dispatched += 1;
  };
  api.on.message = count;
  api.on.status = count;
  return {
    who: "whatsapp-api-js 6.3.0",
    verify: ({ body, signature }) => api.verifyRequestSignature(body.toString(), signature),
    async dispatch({ body, signature }) {
      dispatched = 0;
      const text = body.toString();
      await api.post(JSON.parse(text), text, signature);
      return dispatched;
    },
  };
}

function kapso(): Peer {
  return {
    who: "@kapso/whatsapp-cloud-api 0.3.0",
    verify: kapsoVerifies,
    async dispatch(delivery) {
      if (!kapsoVerifies(delivery)) return 0;
      const { messages, statuses } = normalizeWebhook(JSON.parse(delivery.body.toString()));
      return messages.length + statuses.length;
    },
  };
}

function kapsoVerifies({ body, signature }: Delivery): boolean {
  return verifyByKapso({ appSecret: APP_SECRET, rawBody: body, signatureHeader: signature });
}

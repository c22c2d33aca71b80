import { setTimeout as sleep } from "node:timers/promises";
import type { InboundContent } from "../../../simulator/customers/inbound-content.ts";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import { BUSINESS_NUMBERS } from "./local-clinic.ts";
import { conversationKey, identityOf, pick } from "./people.ts";
import type { Scene } from "./scene.ts";

/** How many webhooks may be under way before customers wait. */
const MOST_IN_FLIGHT = 8;
const FULL_PAUSE_MS = 5;

const MOST_MESSAGES_AT_ONCE = 8;
/** Now and then as many come as after an outage. */
const RUSH_SHARE = 0.15;
const RUSH_MESSAGES = 50;
/** Of messages written at once, so many come from one person: they meet in one object. */
const SAME_PERSON_SHARE = 0.4;
/** Meta's stamps lie in the past, and not in the order of arrival. */
const LONGEST_AGE_MS = 90_000;
const DUPLICATE_SHARE = 0.15;

/** `direct`: a body for each message at once, under whatever trouble webhooks are given. */
const BATCHINGS = ["direct", "separate", "one_body", "merged_values"] as const;
const ORDERS = ["kept", "reversed", "shuffled"] as const;

const SECOND_MS = 1000;

type Written = { content: InboundContent; body: string; countsAsUnread: boolean };

/** Customers write to both business numbers, and Meta reports it in bodies of every form. */
export async function letCustomersWrite(scene: Scene, random: SeededRandom): Promise<void> {
  const { webhooks } = scene.simulator;
  while (scene.goesOn()) {
    await untilThereIsRoom(scene);
    const batching = pick(BATCHINGS, random);
    // Statuses of that time go into the same bodies.
    if (batching !== "direct") webhooks.hold();
    await writeAtOnce(scene, random);
    await sleep(random.below(scene.pauseMs + 1));
    const copies = random.fraction() < DUPLICATE_SHARE ? 2 : 1;
    if (batching !== "direct") webhooks.release({ batching, order: pick(ORDERS, random), copies });
  }
}

async function untilThereIsRoom({ deliveries, worker }: Scene): Promise<void> {
  while (deliveries.inFlight >= MOST_IN_FLIGHT || !worker.isUp) await sleep(FULL_PAUSE_MS);
}

async function writeAtOnce(scene: Scene, random: SeededRandom): Promise<void> {
  const { people, simulator, ledger } = scene;
  const isRush = random.fraction() < RUSH_SHARE;
  const count = isRush ? RUSH_MESSAGES : 1 + random.below(MOST_MESSAGES_AT_ONCE);
  const favorite = pick(people, random);
  for (let index = 0; index < count; index += 1) {
    const person = random.fraction() < SAME_PERSON_SHARE ? favorite : pick(people, random);
    const number = pick(BUSINESS_NUMBERS, random);
    const conversation = conversationKey(number.id, identityOf(person));
    const { content, body, countsAsUnread } = contentOf(scene, conversation, random);
    const at = Date.now() - random.below(LONGEST_AGE_MS);
    const wamid = await simulator.customers.write({
      from: `+52${person.digits}`,
      to: number.id,
      content,
      at,
    });
    ledger.written.push({
      wamid,
      conversation,
      body,
      at: Math.floor(at / SECOND_MS) * SECOND_MS,
      countsAsUnread,
    });
  }
}

/** Mostly text, and what else a clinic gets. */
function contentOf({ ledger }: Scene, conversation: string, random: SeededRandom): Written {
  const body = `¿Cómo está Luna? 🐶 "n.º" \\ /${ledger.written.length + 1}`;
  const chance = random.fraction();
  if (chance < 0.7) return written({ type: "text", body }, body);
  if (chance < 0.8) return written({ type: "image", caption: body }, body);
  if (chance < 0.9) {
    return written({ type: "button_reply", id: "confirm", title: "Confirmar" }, "Confirmar");
  }
  const target = ledger.written.findLast((message) => message.conversation === conversation);
  if (target === undefined) {
    return written({ type: "location", latitude: 21.16, longitude: -86.85, name: body }, body);
  }
  const emoji = pick(["👍", "❤️", "🐾"], random);
  const content = { type: "reaction", messageId: target.wamid, emoji } as const;
  return { content, body: emoji, countsAsUnread: false };
}

function written(content: InboundContent, body: string): Written {
  return { content, body, countsAsUnread: true };
}

/** What one version began and the next one must know of. */
import assert from "node:assert/strict";
import * as v from "valibot";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import { BUSINESS_NUMBERS } from "../audit/local-clinic.ts";
import type { OrderedSend } from "../audit/ledger.ts";
import { orderSend } from "../audit/order-send.ts";
import { conversationKey, identityOf, pick, recipientOf } from "../audit/people.ts";
import { readAnswer } from "../audit/read-answer.ts";
import type { Scene } from "../audit/scene.ts";
import { deliverPatiently } from "./deliver-patiently.ts";

const SECOND_MS = 1000;

/** The change of the version takes less. */
const DUE_MS = 15 * SECOND_MS;

const SCHEDULED = 10;
const REPEATED = 30;
const DELIVERED_AGAIN = 30;

const OK = 200;
const REFUSED = 400;

const identified = v.object({ id: v.string() });
const letterPage = v.object({ data: v.array(identified), next_cursor: v.nullable(v.string()) });

/** Orders messages that are due once the next version runs. */
export async function scheduleSends(scene: Scene, random: SeededRandom): Promise<void> {
  const send_at = new Date(Date.now() + DUE_MS).toISOString();
  for (let nth = 0; nth < SCHEDULED; nth += 1) {
    const person = pick(scene.people, random);
    const from = pick(BUSINESS_NUMBERS, random).id;
    const recipient = recipientOf(person, random);
    await orderSend(scene, conversationKey(from, identityOf(person)), (key) => ({
      ...recipient,
      from,
      send_at,
      type: "template",
      template: {
        name: "appointment_reminder",
        params: { name: "Ana", pet: `Luna ${key}`, date: "lunes", time: "10:00" },
      },
    }));
  }
}

/** The sends with a key that were answered: whoever repeats one gets its message. */
export function answeredSends({ ledger }: Scene): readonly OrderedSend[] {
  return ledger.sends.filter(
    ({ key, isRepeated, answer }) =>
      isRepeated && answer !== null && answer < REFUSED && !ledger.forgottenSends.has(key),
  );
}

/** Notes the sends under way: the version that takes over does not know them. */
export function forgetSendsUnderWay({ ledger }: Scene): void {
  for (const { key, answer } of ledger.sends) if (answer === null) ledger.forgottenSends.add(key);
}

/** Repeats requests under their keys: each must be answered with its own message. */
export async function repeatSends(
  { clinic }: Scene,
  random: SeededRandom,
  answered: readonly OrderedSend[],
): Promise<void> {
  for (let nth = 0; nth < REPEATED && answered.length > 0; nth += 1) {
    const { key, request, messageId } = pick(answered, random);
    const headers = { "idempotency-key": key };
    const { body } = await clinic.call("POST", "/v1/messages", request, headers);
    assert.ok(
      v.is(identified, body) && body.id === messageId,
      `${key} was ${messageId}: ${JSON.stringify(body)}`,
    );
  }
}

/** Delivers webhooks again that were answered with 200. */
export async function deliverAgain(
  { simulator, worker }: Scene,
  random: SeededRandom,
): Promise<void> {
  const taken = simulator.webhooks.attempts.filter(({ status }) => status === OK);
  for (let nth = 0; nth < DELIVERED_AGAIN && taken.length > 0; nth += 1) {
    await deliverPatiently(worker.url, pick(taken, random).body);
  }
}

/** Has what an earlier version could not read applied by this one, as its operator does. Returns how many there were. */
export async function replayDeadLetters({ clinic }: Scene): Promise<number> {
  const letters: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `?cursor=${cursor}`;
    const answer = await clinic.call("GET", `/v1/dead-letters${query}`);
    const page = readAnswer("The list of dead letters", answer, letterPage);
    letters.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  for (const id of letters) await clinic.call("POST", `/v1/dead-letters/${id}/replay`);
  return letters.length;
}

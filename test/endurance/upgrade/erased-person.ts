import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { readAnswer } from "../audit/read-answer.ts";
import type { Scene } from "../audit/scene.ts";
import { storedConversationPage } from "../audit/store-views.ts";
import { deliverPatiently } from "./deliver-patiently.ts";

/** None of the people whose messages are audited. */
const PHONE = "+529984440001";

const POLL_MS = 50;
const OK = 200;
const ERASED = 204;

/** A customer who wrote, got an answer, and was erased: whatever Meta delivers again must not bring them back. */
export class ErasedPerson {
  readonly #scene: Scene;
  readonly #bodies: readonly string[];

  private constructor(scene: Scene, bodies: readonly string[]) {
    this.#scene = scene;
    this.#bodies = bodies;
  }

  static async erase(scene: Scene): Promise<ErasedPerson> {
    const { simulator, clinic } = scene;
    const wamid = await simulator.customers.write({
      from: PHONE,
      content: { type: "text", body: "¿Hay lugar el lunes?" },
    });
    const taken = () =>
      simulator.webhooks.attempts.filter(
        ({ body, status }) => status === OK && body.includes(wamid),
      );
    while (taken().length === 0) await sleep(POLL_MS);
    assert.equal(await countConversations(scene), 1);
    const { status } = await clinic.call("DELETE", `/v1/contacts/${PHONE}`);
    assert.equal(status, ERASED);
    return new ErasedPerson(scene, [...new Set(taken().map(({ body }) => body))]);
  }

  /** Delivers again what the person wrote. */
  async deliverAgain(): Promise<void> {
    for (const body of this.#bodies) await deliverPatiently(this.#scene.worker.url, body);
    assert.equal(await countConversations(this.#scene), 0, "An erased person is back.");
  }
}

async function countConversations({ clinic }: Scene): Promise<number> {
  const path = `/v1/conversations?contact=${encodeURIComponent(PHONE)}`;
  const answer = await clinic.call("GET", path);
  return readAnswer(path, answer, storedConversationPage).data.length;
}

import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import { BUSINESS_NUMBERS } from "./local-clinic.ts";
import { orderSend } from "./order-send.ts";
import { conversationKey, identityOf, pick, recipientOf } from "./people.ts";
import type { Scene } from "./scene.ts";

/** A system of the clinic's reminds customers of their appointments. */
export async function sendReminders(scene: Scene, random: SeededRandom): Promise<void> {
  while (scene.goesOn()) {
    const person = pick(scene.people, random);
    const from = pick(BUSINESS_NUMBERS, random).id;
    await orderSend(scene, conversationKey(from, identityOf(person)), (key) => ({
      ...recipientOf(person, random),
      from,
      type: "template",
      template: {
        name: "appointment_reminder",
        params: { name: "Ana", pet: `Luna ${key}`, date: "lunes", time: "10:00" },
      },
    }));
    await sleep(random.below(scene.pauseMs + 1));
  }
}

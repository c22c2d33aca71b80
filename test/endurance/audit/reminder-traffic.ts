import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import { BUSINESS_NUMBERS } from "./local-clinic.ts";
import { orderSend } from "./order-send.ts";
import { conversationKey, identityOf, pick, recipientOf } from "./people.ts";
import type { Scene } from "./scene.ts";

/** Without a key nobody repeats it: what left must stand in D1 all the same. */
const KEYLESS_SHARE = 0.25;

/** A system of the clinic's reminds customers of their appointments. */
export async function sendReminders(scene: Scene, random: SeededRandom): Promise<void> {
  while (scene.goesOn()) {
    const person = pick(scene.people, random);
    const from = pick(BUSINESS_NUMBERS, random).id;
    const isRepeated = random.fraction() >= KEYLESS_SHARE;
    const recipient = recipientOf(person, random);
    await orderSend(
      scene,
      conversationKey(from, identityOf(person)),
      (key) => ({
        ...recipient,
        from,
        type: "template",
        template: {
          name: "appointment_reminder",
          params: { name: "Ana", pet: `Luna ${key}`, date: "lunes", time: "10:00" },
        },
      }),
      { isRepeated },
    );
    await sleep(random.below(scene.pauseMs + 1));
  }
}

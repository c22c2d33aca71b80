import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import { orderSend } from "./order-send.ts";
import { pick } from "./people.ts";
import type { Scene } from "./scene.ts";
import { keyOfStored, storedConversationPage, storedMessagePage } from "./store-views.ts";

const REPLY_SHARE = 0.5;
const CLOSE_SHARE = 0.1;
/** Otherwise staff stop reading somewhere before the newest message. */
const READ_ALL_SHARE = 0.7;

const OK = 200;

/** Someone at the counter looks for unread conversations, reads, replies and closes. */
export async function letStaffWork(scene: Scene, random: SeededRandom): Promise<void> {
  const { clinic, ledger } = scene;
  while (scene.goesOn()) {
    await sleep(random.below(scene.pauseMs + 1));
    const list = await clinic.call("GET", "/v1/conversations?unread=true&limit=50");
    assert.equal(list.status, OK, `The list was answered ${JSON.stringify(list)}.`);
    const { data: unread } = v.parse(storedConversationPage, list.body);
    if (unread.length === 0) continue;
    const conversation = pick(unread, random);
    const path = `/v1/conversations/${conversation.id}`;
    const page = await clinic.call("GET", `${path}/messages?limit=20`);
    const { data: messages } = v.parse(storedMessagePage, page.body);
    const [newest] = messages;
    if (newest === undefined) continue;
    const { id } = random.fraction() < READ_ALL_SHARE ? newest : pick(messages, random);
    const read = await clinic.call("POST", `${path}/read`, { up_to: id });
    if (read.status === OK) ledger.acknowledgeRead(conversation.id, id);
    if (random.fraction() < REPLY_SHARE) {
      await orderSend(scene, keyOfStored(conversation), (key) => ({
        conversation_id: conversation.id,
        text: { body: `Luna está muy bien. ${key}` },
      }));
    }
    if (random.fraction() < CLOSE_SHARE) await clinic.call("PATCH", path, { status: "closed" });
  }
}

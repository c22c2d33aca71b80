import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import { BUSINESS_NUMBERS } from "./local-clinic.ts";
import { orderSend } from "./order-send.ts";
import { conversationKey, identityOf, type Person, pick } from "./people.ts";
import { readAnswer } from "./read-answer.ts";
import type { Scene } from "./scene.ts";
import { keyOfStored, storedConversationPage, storedMessagePage } from "./store-views.ts";

const REPLY_SHARE = 0.5;
const CLOSE_SHARE = 0.1;
/** Otherwise staff stop reading somewhere before the newest message. */
const READ_ALL_SHARE = 0.7;

const OK = 200;

const UNREAD = "/v1/conversations?unread=true&limit=50";

/** Someone at the counter looks for unread conversations, reads, replies and closes. */
export async function letStaffWork(scene: Scene, random: SeededRandom): Promise<void> {
  const { clinic, ledger } = scene;
  const known = new Set(scene.people.flatMap(conversationsOf));
  while (scene.goesOn()) {
    await sleep(random.below(scene.pauseMs + 1));
    const list = await clinic.call("GET", UNREAD);
    const { data } = readAnswer(UNREAD, list, storedConversationPage);
    // Another person may be erased at any moment, and be unknown with the next request.
    const unread = data.filter((conversation) => known.has(keyOfStored(conversation)));
    if (unread.length === 0) continue;
    const conversation = pick(unread, random);
    const path = `/v1/conversations/${conversation.id}`;
    const page = await clinic.call("GET", `${path}/messages?limit=20`);
    const { data: messages } = readAnswer(path, page, storedMessagePage);
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

function conversationsOf(person: Person): string[] {
  return BUSINESS_NUMBERS.map(({ id }) => conversationKey(id, identityOf(person)));
}

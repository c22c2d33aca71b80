/** A queue message and a dead letter may contain statuses of many people: what is one person's of them. */
import { fc, test } from "@fast-check/vitest";
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test as it, vi } from "vitest";
import { consumeQueue } from "../../src/jobs/queues.ts";
import type { MessageStatus } from "../../src/store/message-status.ts";
import { splitDeadLetter } from "../../src/people/dead-letters.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { findDeadLetter, keepDeadLetters, listDeadLetters } from "../../src/store/dead-letters.ts";
import { newUserId } from "../support/conversation-messages.ts";
import { messageBatch } from "../support/message-batch.ts";
import { newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";
import { allRows, statusPack, statusRow } from "../support/store-rows.ts";
import { newWamid } from "../support/webhook-bodies.ts";

const database = createDatabase(env.DB);

let paloma: Paloma;

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  paloma = startPaloma();
});

/** A status as the webhook packs it, of a person by phone and, where given, by BSUID. */
function statusFor(phone: string, userId?: string): MessageStatus {
  const said = {
    recipient_id: phone,
    ...(userId === undefined ? {} : { recipient_user_id: userId }),
  };
  return statusRow(newWamid(), "delivered", {
    said,
    people: [phone, ...(userId === undefined ? [] : [userId])],
  });
}

async function keepPack(statuses: readonly MessageStatus[]): Promise<string> {
  // As a Worker that knows no packs keeps it.
  const payload = JSON.stringify({ ...statusPack(statuses), request_id: "req_1" });
  const reason = "not a status this version can read";
  await keepDeadLetters(database, [{ source: "paloma-status", reason, payload }], Date.now());
  const [letter] = await listDeadLetters(database, { after: null, limit: 1 });
  return letter?.id ?? "";
}

async function packOf(letterId: string) {
  const letter = await findDeadLetter(database, letterId);
  return letter === null ? null : JSON.parse(letter.payload);
}

const erase = (address: string) =>
  paloma.api("DELETE", `/v1/contacts/${encodeURIComponent(address)}`, undefined, {
    token: "operator",
  });

const recorded = (status: MessageStatus) =>
  allRows("SELECT status FROM message_statuses WHERE wamid = ?", status.wamid);

describe("a dead letter with statuses of many", () => {
  it("keeps those of others when somebody is erased, and is replayed with them", async () => {
    const [ana, bo] = [newCustomer(), newCustomer()];
    const [anaId, boId] = [newUserId(), newUserId()];
    const [hers, his, hersAlone] = [statusFor(ana, anaId), statusFor(bo, boId), statusFor(ana)];
    const id = await keepPack([hers, his, hersAlone]);
    expect((await erase(ana)).status).toBe(204);
    expect(await packOf(id)).toEqual({ ...statusPack([his]), request_id: "req_1" });
    expect((await erase(ana)).status).toBe(204);
    // By the BSUID that stands beside her phone it would be hers as well.
    const byId = await keepPack([statusFor(bo), statusFor(newCustomer(), anaId)]);
    expect((await erase(anaId)).status).toBe(204);
    expect((await packOf(byId)).statuses).toHaveLength(1);
    const replayed = await paloma.api("POST", `/v1/dead-letters/${id}/replay`);
    expect(replayed.status).toBe(200);
    expect(await recorded(his)).toHaveLength(1);
    expect(await recorded(hers)).toEqual([]);
  });

  it("goes whole where all of them are of the erased person", async () => {
    const ana = newCustomer();
    const id = await keepPack([statusFor(ana), statusFor(ana)]);
    expect((await erase(`+${ana}`)).status).toBe(204);
    expect(await packOf(id)).toBeNull();
  });

  it("shows a person no status of others", async () => {
    const [ana, bo] = [newCustomer(), newCustomer()];
    await keepPack([statusFor(bo), statusFor(ana), statusFor(bo)]);
    const answer = await exports.default.fetch(`https://paloma.test/v1/contacts/${ana}/export`, {
      headers: { authorization: "Bearer test-operator-token" },
    });
    const text = await answer.text();
    expect(text).toContain('"dead_letter"');
    expect(text).toContain(ana);
    expect(text).not.toContain(bo);
  });

  const person = fc.constantFrom("5219982220001", "5219982220002", "MX.2001");
  test.prop([fc.array(person, { minLength: 1, maxLength: 12 })])(
    "is split without a loss: what names her, and what does not, in their order",
    (people) => {
      const [her = ""] = people;
      const pack = statusPack(people.map((each) => statusFor(each)));
      const names = (text: string): boolean => text.includes(her);
      const split = splitDeadLetter(JSON.stringify(pack), names);
      const { statuses } = pack;
      const isHers = (_status: unknown, place: number): boolean => people[place] === her;
      const others = statuses.filter((status, place) => !isHers(status, place));
      expect(JSON.parse(split?.about ?? "").statuses).toEqual(statuses.filter(isHers));
      expect(split?.rest ?? null).toEqual(
        others.length === 0 ? null : JSON.stringify({ ...pack, statuses: others }),
      );
    },
  );
});

it("a pack in the queue records nothing of somebody who was erased meanwhile, and all of others", async () => {
  const [ana, bo] = [newCustomer(), newCustomer()];
  await paloma.api("PUT", `/v1/contacts/${ana}`, { name: "Ana" });
  const [hers, his] = [statusFor(ana, newUserId()), statusFor(bo)];
  expect((await erase(ana)).status).toBe(204);
  const { batch, acked } = messageBatch("paloma-status", [{ body: statusPack([hers, his]) }]);
  await consumeQueue(batch, env);
  expect(acked()).toEqual(["0"]);
  expect(await recorded(hers)).toEqual([]);
  expect(await recorded(his)).toHaveLength(1);
});

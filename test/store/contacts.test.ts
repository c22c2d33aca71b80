import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { findContact, putContact } from "../../src/store/contacts.ts";
import { findConversation } from "../../src/store/conversations.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { OTHER_NUMBER } from "../support/paloma.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { conversationRow, NOON, projectRows, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);

describe("a contact", () => {
  test("is stored, then replaced, keeping when it was made", async () => {
    const address = unique("52");
    expect(await findContact(database, address)).toBeNull();
    await putContact(
      database,
      { address, name: "Ana Ñúñez 🐾", owner: "client-1", changed_by: "clinic" },
      NOON,
    );
    await putContact(
      database,
      { address, name: null, owner: "client-2", changed_by: "clinic" },
      NOON + 1,
    );
    expect(await findContact(database, address)).toEqual({
      address,
      name: null,
      owner: "client-2",
      marketing: null,
      marketing_at: null,
      changed_by: "clinic",
      created_at: NOON,
      updated_at: NOON + 1,
    });
  });

  test("gives name and owner to the person's conversations on every number, in one round trip", async () => {
    const phone = unique("52");
    const own = [
      conversationRow({ phone }),
      conversationRow({ phone, phone_number_id: OTHER_NUMBER }),
    ];
    const other = conversationRow();
    await projectRows({ conversations: [...own, other] });
    const { database: d1, record } = recordedD1(env.DB);
    await putContact(
      createDatabase(d1),
      { address: phone, name: "Ana", owner: "client-1", changed_by: "clinic" },
      NOON,
    );
    expect(record.roundTrips).toBe(1);
    for (const { id } of own) {
      expect(await findConversation(database, id)).toMatchObject({
        contact_name: "Ana",
        owner: "client-1",
        updated_at: NOON,
      });
    }
    expect(await findConversation(database, other.id)).toMatchObject({
      contact_name: null,
      owner: null,
    });
  });

  test("by BSUID gives them to conversations known by phone as well", async () => {
    const user_id = unique("MX.");
    const conversation = conversationRow({ user_id });
    await projectRows({ conversations: [conversation] });
    await putContact(
      database,
      { address: user_id, name: "Ana", owner: null, changed_by: "clinic" },
      NOON,
    );
    expect(await findConversation(database, conversation.id)).toMatchObject({
      contact_name: "Ana",
    });
  });

  test("of null takes them back", async () => {
    const phone = unique("52");
    const conversation = conversationRow({ phone });
    await putContact(
      database,
      { address: phone, name: "Ana", owner: "client-1", changed_by: "clinic" },
      NOON,
    );
    await projectRows({ conversations: [conversation] });
    await putContact(
      database,
      { address: phone, name: null, owner: null, changed_by: "clinic" },
      NOON + 1,
    );
    expect(await findConversation(database, conversation.id)).toMatchObject({
      contact_name: null,
      owner: null,
    });
    await projectRows({ conversations: [{ ...conversation, version: 2 }] });
    expect(await findConversation(database, conversation.id)).toMatchObject({ owner: null });
  });
});

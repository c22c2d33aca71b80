import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { putContact } from "../../src/store/contacts.ts";
import { listConversations } from "../../src/store/conversation-lists.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { searchTerms } from "../../src/store/name-search.ts";
import { foldNames } from "../../src/store/unfolded-names.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { conversationRow, NOON, oneRow, projectRows, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);

const FOLDED = "SELECT contact_folded, profile_folded FROM conversations WHERE id = ?";

async function foldAll(): Promise<void> {
  while ((await foldNames(database)) > 0);
}

async function isFound(id: string, typed: string): Promise<boolean> {
  const filters = [{ by: "search" as const, terms: searchTerms(typed, null) }];
  const rows = await listConversations(database, { filters, after: null, limit: 200 });
  return rows.some((row) => row.id === id);
}

/** As a Worker of 0.1.0 leaves it. */
async function unfolded(names: Partial<ReturnType<typeof conversationRow>> = {}) {
  const { profile_folded: _absent, ...row } = conversationRow(names);
  await projectRows({ conversations: [row] });
  return row;
}

beforeEach(foldAll);

describe("names that are not folded yet", () => {
  it("are folded in steps, and then found in whatever script", async () => {
    const rows = await Promise.all(
      Array.from({ length: 3 }, () => unfolded({ profile_name: "ДМИТРИ", username: "Dima" })),
    );
    const [{ id } = { id: "" }] = rows;
    expect(await isFound(id, "дмитри")).toBe(false);
    expect(await foldNames(database)).toBe(rows.length);
    expect(await oneRow(FOLDED, id)).toEqual({
      contact_folded: null,
      profile_folded: "дмитри dima",
    });
    expect(await isFound(id, "дмитри")).toBe(true);
    expect(await foldNames(database)).toBe(0);
  });

  it("are those of a contact who writes for the first time", async () => {
    const phone = unique("52");
    const contact = { address: phone, name: "ОЛЬГА", owner: null, changed_by: "clinic" };
    await putContact(database, contact, NOON);
    const row = conversationRow({ phone });
    await projectRows({ conversations: [row] });
    expect(await oneRow(FOLDED, row.id)).toEqual({ contact_folded: null, profile_folded: "" });
    expect(await foldNames(database)).toBe(1);
    expect(await isFound(row.id, "ольга")).toBe(true);
  });

  it("are not those that the business gives, nor those that it takes back", async () => {
    const phone = unique("52");
    const row = conversationRow({ phone });
    await projectRows({ conversations: [row] });
    const contact = { address: phone, name: "Ñúñez", owner: null, changed_by: "clinic" };
    await putContact(database, contact, NOON);
    expect(await oneRow(FOLDED, row.id)).toEqual({ contact_folded: "nunez", profile_folded: "" });
    await putContact(database, { ...contact, name: null }, NOON);
    expect(await oneRow(FOLDED, row.id)).toEqual({ contact_folded: null, profile_folded: "" });
    expect(await foldNames(database)).toBe(0);
  });

  it("wait for the next step where they changed in the meantime", async () => {
    const row = await unfolded({ profile_name: "Ana" });
    const { database: d1 } = recordedD1(env.DB);
    const meddling = new Proxy(d1, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "batch") return member;
        return async (statements: D1PreparedStatement[]) => {
          await env.DB.prepare("UPDATE conversations SET profile_name = 'Eva' WHERE id = ?")
            .bind(row.id)
            .run();
          return target.batch(statements);
        };
      },
    });
    expect(await foldNames(createDatabase(meddling))).toBe(1);
    expect(await oneRow(FOLDED, row.id)).toMatchObject({ profile_folded: null });
    await foldAll();
    expect(await oneRow(FOLDED, row.id)).toMatchObject({ profile_folded: "eva" });
  });
});

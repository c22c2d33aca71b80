/** Looks for texts in everything that is stored: D1, objects, the bucket. */
import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { allRows } from "./store-rows.ts";

/** Where a text was found. */
export type Find = { where: string; text: string };

/** The objects there are: those of later are known from them. */
export async function objectsSoFar(): Promise<Set<string>> {
  const ids = await listDurableObjectIds(env.CONVERSATION);
  return new Set(ids.map(String));
}

/**
 * Every table and column of D1, every table of these objects, every key, metadata and body in the
 * bucket.
 */
export async function searchEverything(
  texts: readonly string[],
  objectIds: readonly string[],
): Promise<Find[]> {
  const finds: Find[] = [];
  const look = (where: string, content: string): void => {
    for (const text of texts) if (content.includes(text)) finds.push({ where, text });
  };
  for (const name of await tablesOfD1()) {
    for (const row of await allRows(`SELECT * FROM "${name}"`)) {
      for (const [column, value] of Object.entries(row))
        look(`D1 ${name}.${column}`, String(value));
    }
  }
  for (const id of objectIds) {
    const stub = env.CONVERSATION.get(env.CONVERSATION.idFromString(id));
    look(`object ${id}`, await runInDurableObject(stub, (_object, { storage }) => dump(storage)));
  }
  for (let after = ""; ;) {
    const page = await env.MEDIA.list({ startAfter: after });
    for (const { key } of page.objects) {
      after = key;
      const object = await env.MEDIA.get(key);
      if (object === null) continue;
      const { httpMetadata, customMetadata } = object;
      look("bucket", JSON.stringify([key, httpMetadata, customMetadata, await object.text()]));
    }
    if (!page.truncated) break;
  }
  return finds;
}

async function tablesOfD1(): Promise<string[]> {
  const rows = await allRows(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  );
  return rows.map(({ name }) => String(name));
}

async function dump(storage: DurableObjectStorage): Promise<string> {
  const tables = storage.sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    )
    .toArray();
  const rows = tables.flatMap(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray());
  const values = await storage.list();
  return JSON.stringify([rows, [...values]]);
}

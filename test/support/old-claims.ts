/** The rows that a Worker of 0.1.0 inserts before an object has the message: its claim, and the conversation. */
import { env } from "cloudflare:workers";
import type { conversations, messages } from "../../src/store/schema.ts";

export type OldClaim = {
  message: typeof messages.$inferInsert;
  conversation: typeof conversations.$inferInsert | null;
};

export async function claimByOldWorker({ message, conversation }: OldClaim): Promise<void> {
  await env.DB.batch([
    ...(conversation === null ? [] : [insert("conversations", conversation)]),
    insert("messages", message),
  ]);
}

function insert(table: string, row: Readonly<Record<string, unknown>>): D1PreparedStatement {
  const members = Object.entries(row).filter(([, value]) => value !== undefined);
  const names = members.map(([name]) => name).join(", ");
  const places = members.map(() => "?").join(", ");
  return env.DB.prepare(`INSERT OR IGNORE INTO ${table} (${names}) VALUES (${places})`).bind(
    ...members.map(([, value]) => value),
  );
}

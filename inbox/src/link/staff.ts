/** The colleagues to whom a conversation can be assigned. */
import { signal } from "@preact/signals";
import type { StaffView } from "../../../src/api/inbox/schema.ts";
import { ask } from "./api.ts";

export const colleagues = signal<readonly StaffView[]>([]);

export async function refreshStaff(): Promise<void> {
  const answer = await ask<{ data: StaffView[] }>("GET", "staff");
  if (answer.kind === "ok") colleagues.value = answer.body.data;
}

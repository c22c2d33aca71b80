/** The people to whom a conversation can be assigned. */
import type { Context } from "hono";
import type { Config } from "../../config/config.ts";
import { scopesOfStaff } from "../../config/inbox.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { authorize } from "../../http/middleware.ts";
import { createRoutes } from "../../http/routes.ts";
import { errorMembers, log } from "../../lib/log.ts";
import { listStaff, noteStaff } from "../../store/staff.ts";
import { timestamp } from "../schema.ts";
import type { StaffView } from "./schema.ts";

/** Notes who has signed in; an inbox that can't note it is still an inbox. */
export async function noteCaller({ var: { caller, database } }: Context<ApiEnvironment>) {
  if (caller === null) return;
  const { name, display_name = null } = caller;
  await noteStaff(database, { name, display_name }, Date.now()).catch((error: unknown) => {
    log("error", "staff_not_noted", errorMembers(error));
  });
}

export const staffRoutes = createRoutes().get("/staff", authorize("read"), async (context) => {
  const { config, database } = context.var;
  const people = await listStaff(database);
  const data: StaffView[] = people
    .filter(({ name }) => maySignIn(config, name))
    .map(({ name, display_name, last_seen_at }) => ({
      name,
      display_name: display_name ?? displayName(name),
      last_seen_at: timestamp(last_seen_at),
    }));
  return context.json({ data }, 200);
});

/** A person who left the staff is left out. */
function maySignIn({ inboxSignIn, apiTokens }: Config, name: string): boolean {
  return inboxSignIn.mode === "access"
    ? scopesOfStaff(inboxSignIn.staff, name) !== null
    : apiTokens.some((token) => token.name === name && token.scopes.has("read"));
}

/** `ana.lopez@clinica.mx` is Ana Lopez. */
function displayName(name: string): string {
  const [mailbox = name] = name.split("@");
  const words = mailbox.split(/[._+-]+/u).filter((word) => word !== "");
  const capitals = words.map((word) => word.replace(/^./u, (letter) => letter.toUpperCase()));
  return capitals.length === 0 ? name : capitals.join(" ");
}

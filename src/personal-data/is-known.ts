import { findContacts } from "../store/contacts.ts";
import type { Database } from "../store/database.ts";
import { listOwnMessageIds } from "../store/own-messages.ts";
import { rawTextsWith } from "../store/raw-texts.ts";
import type { Person } from "./find-person.ts";
import { namesOneOf } from "./identities.ts";

/** Whether anything is kept of a person, be it in a raw value that somebody else's system sent. */
export async function isKnown(database: Database, person: Person): Promise<boolean> {
  if (person.isKnownToObjects || person.conversations.length > 0) return true;
  const { identities } = person;
  const names = [...identities.phones, ...identities.ids];
  if ((await findContacts(database, names)).length > 0) return true;
  const inGroups = { of: "participant" as const, identities: names };
  if ((await listOwnMessageIds(database, inGroups, 1)).length > 0) return true;
  const isNamed = namesOneOf(identities);
  for (const table of ["account_events", "dead_letters"] as const) {
    for await (const { text } of rawTextsWith(database, table, identities)) {
      if (isNamed(text)) return true;
    }
  }
  return false;
}

/**
 * Exports everything that is kept of one person as lines of JSON, `{"type", "data"}`: the contact
 * first, `end` last. It reads D1 page by page, so that no whole history is in memory.
 */
import { utf8 } from "../../lib/bytes.ts";
import type { JsonValue } from "../../lib/json.ts";
import { errorMembers, log } from "../../lib/log.ts";
import { splitDeadLetter } from "../../people/dead-letters.ts";
import type { Person } from "../../people/find.ts";
import { namesOneOf, splitTextByPerson } from "../../people/identities.ts";
import { findAccountEvent } from "../../store/account-events.ts";
import type { Database } from "../../store/d1.ts";
import { findDeadLetter } from "../../store/dead-letters.ts";
import { listOwnMessages, listStatusesOf, type OwnMessages } from "../../store/person.ts";
import { type RawText, rawTextsWith } from "../../store/raw-values.ts";
import { conversationView } from "../conversations/view.ts";
import { messageView, statusView } from "../messages/view.ts";
import { timestamp } from "../schema.ts";

export const EXPORT_TYPE = "application/x-ndjson";

/** Messages in one read from D1. */
const PAGE_MESSAGES = 200;

/** A stream that reads D1 only as fast as the client reads it. */
export function exportStream(
  database: Database,
  person: Person,
  contact: JsonValue,
): ReadableStream<Uint8Array> {
  const lines = exportLines(database, person, contact);
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await lines.next();
          if (done === true) controller.close();
          else controller.enqueue(utf8(value));
        } catch (error) {
          // Without the line `end` the client sees that the export is incomplete. The error is a new
          // one, because the platform logs it and D1's errors quote personal data.
          log("error", "export_broken_off", errorMembers(error));
          controller.error(new Error("the export broke off"));
        }
      },
      async cancel() {
        await lines.return();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* exportLines(
  database: Database,
  person: Person,
  contact: JsonValue,
): AsyncGenerator<string, void> {
  yield line("contact", contact);
  const now = Date.now();
  for (const row of person.conversations) yield line("conversation", conversationView(row, now));
  const { phones, ids } = person.identities;
  const own: OwnMessages[] = [
    ...person.conversations.map(({ id }) => ({ of: "conversation" as const, id })),
    { of: "participant", identities: [...phones, ...ids] },
  ];
  let messages = 0;
  for (const each of own) {
    for await (const page of messagePages(database, each)) {
      messages += page.length;
      yield page.map((message) => line("message", message)).join("");
    }
  }
  for await (const raw of rawTextsWith(database, "account_events", person.identities)) {
    const event = await eventAbout(database, person, raw);
    if (event !== null) yield line("event", event);
  }
  const names = namesOneOf(person.identities);
  for await (const { id, text } of rawTextsWith(database, "dead_letters", person.identities)) {
    const split = splitDeadLetter(text, names);
    const letter = split === null ? null : await findDeadLetter(database, id);
    if (split === null || letter === null) continue;
    const { source, reason, created_at } = letter;
    const payload = split.about;
    const data = { id, source, reason, created_at: timestamp(created_at), payload };
    yield line("dead_letter", data);
  }
  yield line("end", { messages });
}

/** Messages with all statuses that Meta reported; files are named by their `/v1/media` address. */
async function* messagePages(database: Database, own: OwnMessages) {
  for (let after = ""; ;) {
    const rows = await listOwnMessages(database, own, { after, limit: PAGE_MESSAGES });
    const last = rows.at(-1);
    if (last === undefined) return;
    const statuses = await listStatusesOf(
      database,
      rows.map(({ id }) => id),
    );
    yield rows.map((row) => {
      return { ...messageView(row), statuses: (statuses.get(row.id) ?? []).map(statusView) };
    });
    after = last.id;
  }
}

/** The parts of a webhook field that are about the person; null if there are none. */
async function eventAbout(database: Database, person: Person, { id, text }: RawText) {
  const names = namesOneOf(person.identities);
  if (!names(text)) return null;
  const event = await findAccountEvent(database, id);
  if (event === null) return null;
  const { field, phone_number_id, received_at } = event;
  const { about } = splitTextByPerson(text, names);
  return { id, field, phone_number_id, received_at: timestamp(received_at), about };
}

function line(type: string, data: unknown): string {
  return `${JSON.stringify({ type, data })}\n`;
}

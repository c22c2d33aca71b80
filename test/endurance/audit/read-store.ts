import * as v from "valibot";
import type { Ledger } from "./ledger.ts";
import type { PatientClient } from "./patient-client.ts";
import { readAnswer } from "./read-answer.ts";
import {
  sendKeyIn,
  type StoredConversation,
  storedConversationPage,
  storedMessage,
  type StoredMessage,
  storedMessagePage,
} from "./store-views.ts";

/** All that the API shows. */
export type Store = {
  conversations: readonly StoredConversation[];
  /** Of every conversation, newest first. */
  messages: readonly StoredMessage[];
  /** Those that were ordered, with their statuses, by the key in their text; absent if not found. */
  sends: ReadonlyMap<string, StoredMessage>;
};

const PAGE_ROWS = 200;
const READERS = 8;
const OK = 200;

type Page<Row> = { data: Row[]; next_cursor: string | null };

export async function readStore(clinic: PatientClient, ledger: Ledger): Promise<Store> {
  const conversations = await readPages(clinic, "/v1/conversations", storedConversationPage);
  const messages = await inTurns(conversations, ({ id }) =>
    readPages(clinic, `/v1/conversations/${id}/messages`, storedMessagePage),
  );
  const idsByKey = new Map(messages.flat().map(({ id, body }) => [sendKeyIn(body), id]));
  const sends = await inTurns(ledger.sends, async ({ key, messageId }) => {
    const id = messageId ?? idsByKey.get(key);
    if (id === undefined) return null;
    const { status, body } = await clinic.call("GET", `/v1/messages/${id}`);
    return status === OK ? ([key, v.parse(storedMessage, body)] as const) : null;
  });
  return {
    conversations,
    messages: messages.flat(),
    sends: new Map(sends.filter((entry) => entry !== null)),
  };
}

async function readPages<Row>(
  clinic: PatientClient,
  path: string,
  schema: v.GenericSchema<unknown, Page<Row>>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const query = `?limit=${PAGE_ROWS}${cursor === null ? "" : `&cursor=${cursor}`}`;
    const answer = await clinic.call("GET", path + query);
    const page: Page<Row> = readAnswer(path, answer, schema);
    rows.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return rows;
}

/** Several at a time; the results in the order of the items. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  // One iterator for all of them: each takes what is next.
  const readers = Array.from({ length: READERS }, async () => {
    for (const [position, item] of queue) results[position] = await work(item);
  });
  await Promise.all(readers);
  return results;
}

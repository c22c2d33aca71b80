/**
 * Lists of conversations from the one index of lists, which has a sorted run for each business number,
 * status, whether unread and whether somebody's. SQLite merges the runs that match as it reads them, so a
 * page reads its rows and one more of each run. A list is a choice of `kinds`: open ones are two statuses,
 * unread or not. Those of one assignee have an index with such runs for each.
 */
import { listBusinessNumbers, NUMBERS } from "./business-numbers.ts";
import type { ConversationRow } from "./conversations.ts";
import { type Database, runBatch, type Statement } from "./d1.ts";
import {
  LISTED_COLUMNS,
  type ListedConversation,
  listedConversation,
  type ListedValues,
} from "./listed-conversation.ts";
import { sql, withLiterals } from "./sql.ts";

/** What the index distinguishes besides the number. */
export type RunKind = { status: ConversationRow["status"]; isUnread: boolean };

/** Which rows of a run are listed, newest first. Of each bound the rows on the bound belong to it. */
export type RunBounds = {
  /** Only rows behind this place. */
  before: { last_message_at: number; id: string };
  lastMessageFrom: number;
  updatedFrom: number;
  createdUntil: number;
};

type Runs = {
  kinds: readonly RunKind[];
  /** Null for every number. */
  number: string | null;
  /** Null for nobody's; absent for all. */
  assignee?: string | null;
  bounds: RunBounds;
  limit: number;
};

/** The newest conversations of these runs. */
export async function mergeRuns(database: Database, runs: Runs): Promise<ListedConversation[]> {
  const { kinds, number } = runs;
  if (kinds.length === 0) return [];
  if (number !== null) return readRuns(database, runs, [number], null);
  const known = numbersKnown;
  const page = await readRuns(database, runs, known, JSON.stringify(known));
  if (page.length > 0) return page;
  // Nothing matches, or there are other numbers than the known ones.
  const numbers = await listBusinessNumbers(database);
  if (JSON.stringify(numbers) === JSON.stringify(known)) return [];
  numbersKnown = numbers;
  return readRuns(database, runs, numbers, null);
}

/** As D1 had them when this isolate last asked; each statement checks that they are still all. */
let numbersKnown: readonly string[] = [];

/** More would exceed the steps that D1 allows a statement. */
const RUNS_PER_STATEMENT = 60;

/** @param onlyIf the JSON of the numbers that D1 must have, or no row comes; null for no condition */
async function readRuns(
  database: Database,
  { kinds, assignee, bounds, limit }: Runs,
  numbers: readonly string[],
  onlyIf: string | null,
): Promise<ListedConversation[]> {
  const { before, lastMessageFrom, updatedFrom, createdUntil } = bounds;
  const whose = whoseOf(assignee);
  const runsOfNumber = kinds.length * whose.length;
  const groups = inGroups(numbers, Math.floor(RUNS_PER_STATEMENT / runsOfNumber));
  const statements = groups.map((group) => ({
    text: textFor(kinds, whose, group.length),
    parameters: [
      before.last_message_at,
      before.id,
      lastMessageFrom,
      updatedFrom,
      createdUntil,
      limit,
      onlyIf,
      assignee ?? null,
      ...group,
    ],
  }));
  return allOf(database, statements, limit);
}

async function allOf(
  database: Database,
  statements: readonly Statement[],
  limit: number,
): Promise<ListedConversation[]> {
  const [statement, ...others] = statements;
  if (statement === undefined) return [];
  if (others.length === 0) {
    return (await database.raw<ListedValues>(statement)).map(listedConversation);
  }
  const results = await runBatch(database, statements);
  // The rows of our own statements.
  const rows = results.flatMap((result) => result.results as ListedConversation[]); // oxlint-disable-line typescript/no-unsafe-type-assertion
  return rows
    .toSorted(
      (one, other) => other.last_message_at - one.last_message_at || (one.id < other.id ? 1 : -1),
    )
    .slice(0, limit);
}

const CONDITIONS = `(last_message_at, id) < (?1, ?2) AND last_message_at >= ?3
  AND updated_at >= ?4 AND created_at <= ?5`;

/** The parameters before the numbers. */
const BOUND_BEFORE_NUMBERS = 8;

const NOBODYS = "(assignee IS NULL) = 1";

const SOMEBODYS = "(assignee IS NULL) = 0";

/** Whose runs they are: SQLite takes the assignee's index only where the query repeats its condition. */
function whoseOf(assignee: string | null | undefined): readonly string[] {
  if (assignee === undefined) return [NOBODYS, SOMEBODYS];
  return assignee === null ? [NOBODYS] : ["assignee IS NOT NULL AND assignee = ?8"];
}

/** Put together once: SQLite keeps the plan of a text, and planning takes longer than reading. */
const texts = new Map<string, string>();

function textFor(kinds: readonly RunKind[], whose: readonly string[], numbers: number): string {
  const key = JSON.stringify([kinds, whose, numbers]);
  const text = texts.get(key) ?? textOf(kinds, whose, numbers);
  texts.set(key, text);
  return text;
}

function textOf(kinds: readonly RunKind[], whose: readonly string[], numbers: number): string {
  const runs = Array.from({ length: numbers }, (_number, place) =>
    kinds.flatMap(({ status, isUnread }) =>
      whose.map(
        (isTheirs) => `
    SELECT ${LISTED_COLUMNS} FROM conversations
    WHERE phone_number_id = ?${BOUND_BEFORE_NUMBERS + place + 1} AND status = '${status}'
      AND (unread_count > 0) = ${Number(isUnread)} AND ${isTheirs} AND ${CONDITIONS}`,
      ),
    ),
  ).flat();
  return withLiterals(sql`${sql.raw(merged(runs))}
    LIMIT iif(?7 IS NULL OR ?7 = (
      WITH RECURSIVE ${NUMBERS}
      SELECT json_group_array(number) FROM numbers WHERE number IS NOT NULL), ?6, 0)`);
}

/** D1 allows so many members in a UNION. */
const MEMBERS_MAX = 5;

/** One sorted SELECT of several. */
function merged(selects: readonly string[]): string {
  const groups = inGroups(selects, Math.ceil(selects.length / MEMBERS_MAX)).map((group) =>
    group.length > 1 ? `SELECT * FROM (${merged(group)})` : group.join(""),
  );
  return `${groups.join(" UNION ALL ")} ORDER BY last_message_at DESC, id DESC`;
}

function inGroups<Item>(items: readonly Item[], size: number): (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_group, place) =>
    items.slice(place * size, (place + 1) * size),
  );
}

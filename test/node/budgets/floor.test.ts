/** The floor that the bench compares with: a fair one answers with as much as ours. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { LISTED_COLUMNS } from "../../../src/store/listed-conversation.ts";

const SCHEMA = join(import.meta.dirname, "../../../bench/floor/schema.sql");

test("the floor's list has the columns of ours", () => {
  const sqlite = new DatabaseSync(":memory:");
  sqlite.exec(readFileSync(SCHEMA, "utf8"));
  const columns = sqlite.prepare("SELECT * FROM listed").columns();
  expect(columns.map(({ name }) => name)).toEqual(LISTED_COLUMNS.split(", "));
});

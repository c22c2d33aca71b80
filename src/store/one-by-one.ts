/** Work on many rows in one transaction, and row by row where one of them spoils it. */
import { errorMembers, log } from "../observability/log.ts";
import { d1Failure } from "./d1-failure.ts";

/**
 * Tries all rows at once. If D1 refuses their content for good, each row is tried alone, and those
 * that are refused again are returned. Throws where D1 itself is the trouble.
 */
export async function oneByOneIfRefused<Row>(
  rows: readonly Row[],
  work: (rows: readonly Row[]) => Promise<void>,
): Promise<Row[]> {
  try {
    await work(rows);
    return [];
  } catch (error) {
    // Without rows it is something else in the work that D1 refused.
    if (rows.length === 0 || d1Failure(error) !== "content") throw error;
  }
  const refused: Row[] = [];
  for (const row of rows) {
    try {
      await work([row]);
    } catch (error) {
      if (d1Failure(error) !== "content") throw error;
      log("error", "row_refused", errorMembers(error));
      refused.push(row);
    }
  }
  return refused;
}

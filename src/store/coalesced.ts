import type { Database } from "./database.ts";

/**
 * A look-up of one thing, of which those asked for at the same time become one query: a batch of
 * 500 sends asks the same questions 500 times, and an invocation may ask D1 a thousand.
 *
 * @param load finds what the keys stand for, each at its key's place; null where nothing is
 */
export function coalesced<Key, Value>(
  load: (database: Database, keys: readonly Key[]) => Promise<readonly (Value | null)[]>,
): (database: Database, key: Key) => Promise<Value | null> {
  // Each request has its own Database: nothing is shared between two.
  const asked = new WeakMap<
    Database,
    { keys: Key[]; values: Promise<readonly (Value | null)[]> }
  >();
  return async (database, key) => {
    let question = asked.get(database);
    if (question === undefined) {
      const keys: Key[] = [];
      const values = Promise.resolve().then(() => {
        asked.delete(database);
        return load(database, keys);
      });
      question = { keys, values };
      asked.set(database, question);
    }
    const place = question.keys.push(key) - 1;
    return (await question.values)[place] ?? null;
  };
}

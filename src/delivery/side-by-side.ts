/**
 * The first item alone, and once that is done as many at a time as the limit says: whoever proves
 * not to be there is asked once.
 */
export async function sideBySide<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  // Each loop takes from it what no other loop took.
  const left = items.values();
  const { value: first, done } = left.next();
  if (done === true) return;
  await work(first);
  await Promise.all(
    Array.from({ length: limit }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

/** What somebody meant who misspelt a name. */

/** One slip in three letters: more is another word. */
const LETTERS_A_SLIP = 3;

/** No name here is longer; what somebody sends may be. */
const NAME_MAX_CHARACTERS = 40;

/** The one of the known names that is likeliest meant; null where none is like it. */
export function similarName(given: string, known: readonly string[]): string | null {
  if (given.length > NAME_MAX_CHARACTERS) return null;
  const spelled = bare(given);
  const [best] = known
    .map((name) => ({ name, slips: slipsBetween(spelled, bare(name)) }))
    .filter(({ name, slips }) => slips * LETTERS_A_SLIP <= Math.max(spelled.length, name.length))
    .toSorted((one, other) => one.slips - other.slips);
  return best?.name ?? null;
}

/** `phoneNumberId` and `phone-number-id` are `phone_number_id`. */
function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** Levenshtein's distance: letters put in, left out or replaced. */
function slipsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_slot, index) => index);
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1];
    for (const [place, its] of Array.from(other).entries()) {
      const replaced = (row[place] ?? 0) + (its === letter ? 0 : 1);
      next.push(Math.min(replaced, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

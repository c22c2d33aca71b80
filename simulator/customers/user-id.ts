import { countryOf } from "./customer.ts";

/** BSUIDs have 20 digits, the first of them no zero. */
const LEAST = 10n ** 19n;
const RANGE = 9n * LEAST;

/** Shares no factor with the range, so that no two phones get one id. */
const SPREAD = 61_803_398_874_989_484_823n;

/** Above every phone: one has 15 digits at most. */
const GENERATION = 10n ** 15n;

/**
 * The business-scoped user id of a phone, such as `MX.1349…`: the same one after every start.
 *
 * @param generation 0 for the phone's first owner, 1 for the next id on it, and so on
 */
export function userIdOf(waId: string, generation: number): string {
  const place = BigInt(waId) + BigInt(generation) * GENERATION;
  return `${countryOf(waId)}.${LEAST + ((place * SPREAD) % RANGE)}`;
}

/**
 * Splits digits by the numbering plans of the world, as libphonenumber does: the country code, an
 * international or trunk prefix, and the number that remains. The plans are its own; the tests compare
 * the results with the library's.
 */
import file from "./numbering-plans.json" with { type: "json" };

/** Of a plan's text. */
const MEMBERS_BEFORE_KINDS = 6;

type NamesIn<Plans> = Plans extends unknown ? keyof Plans : never;

/** A country by its ISO code, such as `MX`. */
export type Country = Exclude<NamesIn<(typeof file)[keyof typeof file]>, typeof WORLD>;

/** The name of a plan that belongs to no country. */
const WORLD = "001";

/**
 * The patterns are regular expressions for the beginning of a number, or for all of it; empty where a
 * plan has none.
 */
type Plan = {
  /** How many digits a national number can have, in ascending order. */
  lengths: readonly number[];
  /** The prefix that people dial before a country code. */
  abroad: string;
  /** The prefix that people dial before a national number. */
  trunk: string;
  /** What replaces a trunk prefix with groups. */
  transform: string;
  /** How numbers begin, where countries share a code. */
  leading: string;
  /** A whole national number. */
  pattern: string;
  /** Whole numbers by kind (mobile, toll-free, …), where countries share a code. */
  kinds: readonly { pattern: string; lengths: readonly number[] }[];
};

/** A number of a plan; `isPossible` says whether its length can be, `isInUse` whether its digits can. */
export type PlanNumber = { code: string; national: string; isPossible: boolean; isInUse: boolean };

/** Country codes have 1 to 3 digits. */
const CODE_MAX_DIGITS = 3;

/** Shorter ones are no numbers, in any plan. */
const NATIONAL_MIN_DIGITS = 2;

/** Longer than in E.164, since some German numbers are. */
const NATIONAL_MAX_DIGITS = 17;

/** Plans by country code and by country, the main one of a code first; each is one text, to be small. */
const PLANS: Readonly<Record<string, Readonly<Record<string, string>>>> = file;

const CODES: ReadonlyMap<string, string> = new Map(
  Object.entries(PLANS).flatMap(([code, plans]) =>
    Object.keys(plans).flatMap((name) => (name === WORLD ? [] : [[name, code] as const])),
  ),
);

export function isCountry(name: string): name is Country {
  return CODES.has(name);
}

/** A country's code. */
export function codeOf(country: Country): string {
  return CODES.get(country) ?? "";
}

/** How many digits the numbers of this country can have, or of the main country of this code. */
export function lengthsOf(countryOrCode: string): readonly number[] {
  const plan = planOf(countryOrCode) ?? mainPlan(countryOrCode);
  return plan?.lengths ?? [];
}

/** Reads digits that begin with a country code; null if they can be no number. */
export function readAbroad(digits: string): PlanNumber | null {
  for (let length = 1; length <= CODE_MAX_DIGITS; length += 1) {
    const code = digits.slice(0, length);
    const plan = mainPlan(code);
    if (plan !== null) return split(code, plan, digits.slice(code.length));
  }
  return null;
}

/** Reads digits as people dial them in this country; null if they can be no number. */
export function readDialled(digits: string, country: Country): PlanNumber | null {
  const code = codeOf(country);
  const plan = planOf(country);
  if (plan === null) return null;
  const abroad = startOf(plan.abroad, digits);
  const rest = abroad === null ? "" : digits.slice(abroad[0].length);
  if (abroad !== null && abroad[0] !== "" && rest !== "" && !rest.startsWith("0")) {
    return readAbroad(rest);
  }
  return isMeantWithCode(code, plan, digits) ? readAbroad(digits) : split(code, plan, digits);
}

function planOf(country: string): Plan | null {
  const text = PLANS[CODES.get(country) ?? ""]?.[country];
  return text === undefined ? null : readPlan(text);
}

function mainPlan(code: string): Plan | null {
  const [text] = Object.values(PLANS[code] ?? {});
  return text === undefined ? null : readPlan(text);
}

/** Plans that were read: a number of a shared code looks through dozens. */
const plansRead = new Map<string, Plan>();

/** Reads what `npm run numbering-plans` wrote: members between semicolons, and `d` for a digit. */
export function readPlan(text: string): Plan {
  const plan = plansRead.get(text) ?? parsePlan(text);
  plansRead.set(text, plan);
  return plan;
}

function parsePlan(text: string): Plan {
  const members = text.replaceAll("d", String.raw`\d`).split(";");
  const [lengths = "", abroad = "", trunk = "", transform = "", leading = "", pattern = ""] =
    members;
  const kinds = members.slice(MEMBERS_BEFORE_KINDS);
  const all = numbersIn(lengths);
  return {
    lengths: all,
    abroad,
    trunk,
    transform,
    leading,
    pattern,
    kinds: kinds.map((kind) => {
      const [ofKind = "", itsLengths] = kind.split("@");
      return { pattern: ofKind, lengths: itsLengths === undefined ? all : numbersIn(itsLengths) };
    }),
  };
}

/** 4, 5, 6 and 8 of `4-6,8`. */
function numbersIn(ranges: string): number[] {
  return ranges.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_number, place) => first + place);
  });
}

/** Whether digits that may begin with their country's code are a number only without it. */
function isMeantWithCode(code: string, plan: Plan, digits: string): boolean {
  if (!digits.startsWith(code)) return false;
  const whole = withoutTrunk(code, plan, digits);
  if (isTooLong(plan, whole)) return true;
  const shorter = withoutTrunk(code, plan, digits.slice(code.length));
  return !isWhole(plan.pattern, whole) && isWhole(plan.pattern, shorter);
}

/** @param plan the dialler's, or the main one of a country code */
function split(code: string, plan: Plan, digits: string): PlanNumber | null {
  const national = withoutTrunk(code, plan, digits);
  const own = ownPlan(code, national) ?? plan;
  const isNumber = national.length >= NATIONAL_MIN_DIGITS && national.length <= NATIONAL_MAX_DIGITS;
  if (!isNumber) return null;
  return {
    code,
    national,
    isPossible: own.lengths.includes(national.length),
    isInUse: own.kinds.length === 0 ? isWhole(own.pattern, national) : isOfKind(own, national),
  };
}

/** The number without its trunk prefix, unless it would be no number without it. */
function withoutTrunk(code: string, plan: Plan, digits: string): string {
  const national = cutTrunk(plan, digits);
  if (isWhole(plan.pattern, digits) && !isWhole(plan.pattern, national)) return digits;
  const own = ownPlan(code, national) ?? plan;
  const canBe = own.lengths.includes(national.length) || isTooLong(own, national);
  return canBe ? national : digits;
}

function cutTrunk({ trunk, transform }: Plan, digits: string): string {
  const prefix = startOf(trunk, digits);
  if (prefix === null) return digits;
  const hasGroup = prefix.length > 1 && Boolean(prefix.at(-1));
  return transform !== "" && hasGroup
    ? digits.replace(new RegExp(`^(?:${trunk})`), transform)
    : digits.slice(prefix[0].length);
}

/** The plan that a number belongs to, of those that share its code; null if none claims it. */
function ownPlan(code: string, national: string): Plan | null {
  const plans = Object.values(PLANS[code] ?? {}).map(readPlan);
  if (plans.length === 1) return plans[0] ?? null;
  const isOwn = (plan: Plan) =>
    plan.leading === "" ? isOfKind(plan, national) : startOf(plan.leading, national) !== null;
  return plans.find(isOwn) ?? null;
}

function isOfKind({ pattern, kinds }: Plan, national: string): boolean {
  return (
    isWhole(pattern, national) &&
    kinds.some((kind) => kind.lengths.includes(national.length) && isWhole(kind.pattern, national))
  );
}

function isTooLong({ lengths }: Plan, national: string): boolean {
  return national.length > (lengths.at(-1) ?? 0);
}

function isWhole(pattern: string, digits: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(digits);
}

function startOf(pattern: string, digits: string): RegExpExecArray | null {
  return pattern === "" ? null : new RegExp(`^(?:${pattern})`).exec(digits);
}

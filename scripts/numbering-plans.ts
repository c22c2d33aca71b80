/**
 * Writes `src/lib/numbering-plans.json`, what the Worker needs of libphonenumber's smallest metadata:
 * `npm run numbering-plans`. With `--check` it only says whether the file is up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { readCheckFlag } from "./client/check-flag.ts";
import { PROJECT_URL } from "./client/project-url.ts";

type Kind = readonly [pattern: string, lengths?: readonly number[]];

/** By their places: https://gitlab.com/catamphetamine/libphonenumber-js/blob/master/METADATA.md */
type Members = {
  1: string | 0;
  2: string;
  3: readonly number[];
  5?: string | 0;
  7?: string | 0;
  8?: string | 0;
  10?: string | 0;
  11?: readonly (Kind | 0)[] | 0;
};

type Metadata = {
  country_calling_codes: Record<string, readonly string[]>;
  countries: Record<string, Members>;
  /** Plans of no country, by their code. */
  nonGeographic: Record<string, Members>;
};

const FILE = new URL("src/lib/numbering-plans.json", PROJECT_URL);

const metadata: Metadata = createRequire(import.meta.url)("libphonenumber-js/metadata.min.json");

/** The plan of a code that belongs to the world and not to a country. */
const WORLD = "001";

const ofCountries = Object.entries(metadata.country_calling_codes).map(([code, names]) => [
  code,
  Object.fromEntries(
    names.flatMap((name) => {
      const members = metadata.countries[name];
      return members === undefined ? [] : [[name, planOf(members)]];
    }),
  ),
]);
const ofWorld = Object.entries(metadata.nonGeographic).map(([code, members]) => [
  code,
  { [WORLD]: planOf(members) },
]);

const text = `${JSON.stringify(Object.fromEntries([...ofCountries, ...ofWorld]), null, 1)}\n`;

if (!readCheckFlag("npm run numbering-plans")) {
  writeFileSync(FILE, text);
} else if (readFileSync(FILE, "utf8") !== text) {
  console.error("src/lib/numbering-plans.json is not up to date: npm run numbering-plans");
  process.exitCode = 1;
}

/** A plan as `src/lib/plan-number.ts` reads it: its members in this order, each kind as one more. */
function planOf(members: Members): string {
  const kinds = (members[11] || []).filter(isKnown);
  return [
    rangesOf(members[3]),
    members[1] || "",
    members[7] || members[5] || "",
    members[8] || "",
    members[10] || "",
    members[2],
    ...kinds.map(([pattern, lengths]) =>
      lengths === undefined ? pattern : `${pattern}@${rangesOf(lengths)}`,
    ),
  ]
    .join(";")
    .replaceAll(String.raw`\d`, "d");
}

/** `4-6,8` for 4, 5, 6 and 8. */
function rangesOf(numbers: readonly number[]): string {
  return numbers
    .filter((number) => !numbers.includes(number - 1))
    .map((first) => {
      let last = first;
      while (numbers.includes(last + 1)) last += 1;
      return first === last ? String(first) : `${first}-${last}`;
    })
    .join(",");
}

function isKnown(kind: Kind | 0): kind is Kind {
  return kind !== 0 && kind[0] !== "";
}

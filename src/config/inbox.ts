/** The settings of the staff's inbox: how its people sign in, who they are, and their time zone. */
import * as v from "valibot";
import { isLocalHost } from "../lib/validate.ts";
import { isScope, type Scope } from "./api-tokens.ts";
import { listed, parsedBy, type Settings, text, textOr } from "./setting.ts";

/** One entry of `INBOX_STAFF`: an e-mail address, or `*@domain` for all of a domain. */
type StaffEntry = { address: string; scopes: ReadonlySet<Scope> };

/** A Cloudflare Access application, and who of its people may do what. */
export type AccessSignIn = {
  mode: "access";
  /** The team's address without a slash at its end: what `iss` of a JWT names. */
  issuer: string;
  /** The application's tags; more than one while it is replaced. */
  audiences: readonly string[];
  staff: readonly StaffEntry[];
};

/** How the staff sign in: with an API token, by Cloudflare Access, or not at all. */
export type SignIn = { mode: "token" } | { mode: "off" } | AccessSignIn;

const TEAM_NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i;

const TEAM_REMEDY =
  'write the team\'s name or address in Cloudflare Access, such as "clinica" or "https://clinica.cloudflareaccess.com"';

/** The tag of an application, as Cloudflare shows it. */
const AUDIENCE = /^[\w-]{16,128}$/;

const AUDIENCE_REMEDY = "write the application's audience tag (AUD), as Cloudflare Access shows it";

const TIME_ZONE_REMEDY =
  'write the name of a time zone, such as "America/Mexico_City", or leave it empty for each device\'s own';

const ADDRESS = /^(?:\*|[^\s@*]+)@[^\s@*]+\.[^\s@*.]+$/;

const settingsSchema = v.object({
  INBOX: v.pipe(textOr("on"), v.picklist(["on", "off"], "choose on or off")),
  INBOX_SIGN_IN: v.pipe(
    textOr("token"),
    v.picklist(["token", "access", "off"], "choose token, access or off"),
  ),
  INBOX_ACCESS_TEAM: parsedBy<string | null>((value) => {
    const issuer = value === "" ? null : issuerOf(value);
    return value !== "" && issuer === null
      ? { ok: false, remedies: [TEAM_REMEDY] }
      : { ok: true, value: issuer };
  }),
  INBOX_ACCESS_AUDIENCE: v.pipe(
    text,
    v.transform(listed),
    v.check((audiences) => audiences.every((each) => AUDIENCE.test(each)), AUDIENCE_REMEDY),
  ),
  INBOX_STAFF: parsedBy(parseStaff),
  INBOX_TIME_ZONE: parsedBy<string | null>((value) => {
    const zone = value === "" ? null : timeZoneOf(value);
    return value !== "" && zone === null
      ? { ok: false, remedies: [TIME_ZONE_REMEDY] }
      : { ok: true, value: zone };
  }),
});

/** What Access needs besides, and what to write there. */
const ACCESS_REMEDIES = {
  INBOX_ACCESS_TEAM: TEAM_REMEDY,
  INBOX_ACCESS_AUDIENCE: AUDIENCE_REMEDY,
  INBOX_STAFF: "name who may sign in, such as ana@clinica.mx:read+send+admin",
} as const;

export type InboxResult =
  | { ok: true; signIn: SignIn; timeZone: string | null }
  | { ok: false; problems: { setting: string; remedy: string }[] };

/** Their names in the environment. */
export const INBOX_SETTINGS = Object.keys(settingsSchema.entries);

/** Checks the inbox's settings; the way to sign in decides which of them are required. */
export function parseInbox(settings: Settings): InboxResult {
  const { output, issues, success } = v.safeParse(settingsSchema, settings);
  if (!success) {
    const problems = issues.map(({ path, message }) => ({
      setting: String(path?.[0].key),
      remedy: message,
    }));
    return { ok: false, problems };
  }
  const { INBOX: inbox, INBOX_SIGN_IN: signIn, INBOX_TIME_ZONE: timeZone } = output;
  const mode = inbox === "off" ? "off" : signIn;
  if (mode !== "access") return { ok: true, signIn: { mode }, timeZone };
  const {
    INBOX_ACCESS_TEAM: issuer,
    INBOX_ACCESS_AUDIENCE: audiences,
    INBOX_STAFF: staff,
  } = output;
  if (issuer !== null && audiences.length > 0 && staff.length > 0) {
    return { ok: true, signIn: { mode, issuer, audiences, staff }, timeZone };
  }
  const missing: (keyof typeof ACCESS_REMEDIES)[] = [
    ...(issuer === null ? (["INBOX_ACCESS_TEAM"] as const) : []),
    ...(audiences.length === 0 ? (["INBOX_ACCESS_AUDIENCE"] as const) : []),
    ...(staff.length === 0 ? (["INBOX_STAFF"] as const) : []),
  ];
  const problems = missing.map((setting) => ({ setting, remedy: ACCESS_REMEDIES[setting] }));
  return { ok: false, problems };
}

/** Whether there is an inbox. One that nobody can sign in to counts as none; so each switch turns off both. */
export function hasInbox(settings: { INBOX?: unknown; INBOX_SIGN_IN?: unknown }): boolean {
  return [settings.INBOX, settings.INBOX_SIGN_IN].every(
    (value) => typeof value !== "string" || value.trim() !== "off",
  );
}

/** What a person may do: by their own entry, else by their domain's; null if no entry names them. */
export function scopesOfStaff(
  staff: readonly StaffEntry[],
  address: string,
): ReadonlySet<Scope> | null {
  const email = address.toLowerCase();
  const domain = `*${email.slice(email.lastIndexOf("@"))}`;
  const entry =
    staff.find((each) => each.address === email) ?? staff.find((each) => each.address === domain);
  return entry?.scopes ?? null;
}

function parseStaff(
  value: string,
): { ok: true; value: StaffEntry[] } | { ok: false; remedies: string[] } {
  const staff: StaffEntry[] = [];
  const remedies: string[] = [];
  for (const [position, entry] of listed(value).entries()) {
    const [address = "", scopes = "", ...rest] = entry.toLowerCase().split(":");
    const granted = scopes.split("+");
    if (!ADDRESS.test(address) || rest.length > 0 || !granted.every(isScope)) {
      remedies.push(
        `write entry ${position + 1} as ana@clinica.mx:read+send+admin, or *@clinica.mx:read for all of a domain`,
      );
    } else if (!granted.includes("read")) {
      remedies.push(`give entry ${position + 1} the scope read: without it nobody sees anything`);
    } else if (staff.some((each) => each.address === address)) {
      remedies.push(`entry ${position + 1} names an address again: keep one of the two`);
    } else staff.push({ address, scopes: new Set(granted) });
  }
  return remedies.length === 0 ? { ok: true, value: staff } : { ok: false, remedies };
}

/** The team's address from its name, its host or its whole address; null if it is none of these. */
function issuerOf(value: string): string | null {
  if (TEAM_NAME.test(value)) return `https://${value.toLowerCase()}.cloudflareaccess.com`;
  const url = URL.parse(value) ?? URL.parse(`https://${value}`);
  if (url === null || url.href !== `${url.origin}/`) return null;
  const isTeams = url.protocol === "https:" && url.hostname.includes(".");
  return isTeams || isLocalHost(url) ? url.origin : null;
}

/** Each request reads the settings, and Intl takes a millisecond for a zone. */
const knownZones = new Map<string, string | null>();

/** In the spelling of the time zone database; null if it has no such zone. */
function timeZoneOf(value: string): string | null {
  const known = knownZones.get(value);
  if (known !== undefined) return known;
  const zone = spelledZone(value);
  knownZones.set(value, zone);
  return zone;
}

function spelledZone(value: string): string | null {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

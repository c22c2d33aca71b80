/** Who may call the API: the entries of `API_TOKENS`. Pure. */

/** What a token may do. */
export type Scope = "read" | "send" | "admin";

/** Who calls the API: a token, or a person of the staff. */
export type Caller = {
  name: string;
  /** As Cloudflare Access names the person; absent where it does not. */
  display_name?: string;
  scopes: ReadonlySet<Scope>;
};

/** One entry of `API_TOKENS`. */
export type ApiToken = Caller & { token: string };

const ALL_SCOPES: readonly Scope[] = ["read", "send", "admin"];

/** An attacker could guess a shorter token; a longer name may be a token in the wrong place. */
const API_TOKEN_MIN_CHARACTERS = 16;

/** The valid entries of `API_TOKENS`, and a remedy for each that is none; no remedy quotes a token. */
export function parseApiTokens(entries: readonly string[]): {
  tokens: ApiToken[];
  remedies: string[];
} {
  const tokens: ApiToken[] = [];
  const remedies = entries.length === 0 ? ["set at least one name:token"] : [];
  for (const [position, entry] of entries.entries()) {
    const [name, token, scopes, ...rest] = entry.split(":");
    const granted = scopes === undefined ? ALL_SCOPES : scopes.split("+");
    if (!name || !token || rest.length > 0 || !granted.every(isScope)) {
      remedies.push(`write entry ${position + 1} as name:token or name:token:read+send+admin`);
    } else if (token.length < API_TOKEN_MIN_CHARACTERS) {
      remedies.push(
        `give ${nameOfToken(name, position)} a token of at least ${API_TOKEN_MIN_CHARACTERS} characters, such as \`openssl rand -hex 24\` prints`,
      );
    } else tokens.push({ name, token, scopes: new Set(granted) });
  }
  return { tokens, remedies };
}

function nameOfToken(name: string, position: number): string {
  return name.length < API_TOKEN_MIN_CHARACTERS ? `"${name}"` : `entry ${position + 1}`;
}

export function isScope(value: string): value is Scope {
  return value === "read" || value === "send" || value === "admin";
}

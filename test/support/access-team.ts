/** A team of Cloudflare Access: keys that rotate, and JWTs made independently of the code under test. */
import { vi } from "vitest";

export const AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";

const ALGORITHM = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: "SHA-256",
};

type Keys = { kid: string; pair: CryptoKeyPair };

type Signing = {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  /** By default the newest key. */
  kid?: string;
};

export type AccessTeam = {
  issuer: string;
  /** Settings of an inbox behind this team. */
  settings: Record<string, string>;
  /** How often its keys were asked for. */
  asked: number;
  /** What its keys are answered with; 200 unless said otherwise. */
  status: number;
  /** Adds a key, and forgets the first where two are enough. */
  rotate: () => Promise<void>;
  /** A JWT as Access adds it to a request of this person. */
  assertion: (email: string | null, signing?: Signing) => Promise<string>;
};

/** A team of its own; `fetch` leads there beside wherever it led before. */
export async function newAccessTeam(): Promise<AccessTeam> {
  const name = `team-${crypto.randomUUID()}`;
  const keys: Keys[] = [];
  const team: AccessTeam = {
    issuer: `https://${name}.cloudflareaccess.com`,
    settings: {
      INBOX_SIGN_IN: "access",
      INBOX_ACCESS_TEAM: name,
      INBOX_ACCESS_AUDIENCE: AUDIENCE,
      INBOX_STAFF: "ana@clinica.mx:read+send+admin, *@clinica.mx:read",
    },
    asked: 0,
    status: 200,
    async rotate() {
      keys.push({ kid: crypto.randomUUID(), pair: await newPair() });
      if (keys.length > 2) keys.shift();
    },
    async assertion(email, { claims = {}, header = {}, kid } = {}) {
      const key = keys.find((each) => each.kid === kid) ?? keys.at(-1);
      if (key === undefined) throw new Error("the team has no key");
      const now = Math.floor(Date.now() / 1000);
      const parts = [
        { alg: "RS256", kid: key.kid, typ: "JWT", ...header },
        {
          aud: [AUDIENCE],
          ...(email === null ? { common_name: "a-service" } : { email }),
          exp: now + 3600,
          iat: now,
          nbf: now,
          iss: team.issuer,
          type: "app",
          sub: crypto.randomUUID(),
          country: "MX",
          ...claims,
        },
      ].map((part) => base64url(new TextEncoder().encode(JSON.stringify(part))));
      const signed = new TextEncoder().encode(parts.join("."));
      const signature = await crypto.subtle.sign(ALGORITHM.name, key.pair.privateKey, signed);
      return [...parts, base64url(new Uint8Array(signature))].join(".");
    },
  };
  await team.rotate();
  listen(team, keys);
  return team;
}

function listen(team: AccessTeam, keys: readonly Keys[]): void {
  const spy = vi.spyOn(globalThis, "fetch");
  const others = spy.getMockImplementation();
  spy.mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    if (request.url !== `${team.issuer}/cdn-cgi/access/certs`) {
      if (others === undefined) throw new Error(`nobody is at ${request.url}`);
      return others(input, init);
    }
    team.asked += 1;
    if (team.status !== 200) return new Response("<html>", { status: team.status });
    const published = await Promise.all(
      keys.map(async ({ kid, pair }) => ({
        ...Object(await crypto.subtle.exportKey("jwk", pair.publicKey)),
        kid,
        use: "sig",
      })),
    );
    return Response.json({ keys: published, public_cert: {}, public_certs: [] });
  });
}

export async function newPair(): Promise<CryptoKeyPair> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("not a pair");
  return pair;
}

export function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

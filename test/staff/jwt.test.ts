import { fc, test } from "@fast-check/vitest";
import { beforeAll, describe, expect, it } from "vitest";
import { base64url, encodedJson, utf8 } from "../../src/lib/bytes.ts";
import { endOf, isFor, isSigned, type Jwt, parseJwt, type PublicKey } from "../../src/staff/jwt.ts";

const NOW = Date.UTC(2026, 10, 29, 12);
const SECONDS = NOW / 1000;
const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

let text = "";
let key: PublicKey;

beforeAll(async () => {
  const size = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const pair = await crypto.subtle.generateKey({ ...ALGORITHM, ...size }, true, ["sign", "verify"]);
  if (!("publicKey" in pair)) throw new Error("RSA keys come in pairs");
  const exported = await crypto.subtle.exportKey("jwk", pair.publicKey);
  if (exported instanceof ArrayBuffer) throw new Error("a JWK is no buffer");
  const { n = "", e = "" } = exported;
  key = { kid: "one", kty: "RSA", alg: "RS256", n, e };
  const signed = `${encodedJson({ alg: "RS256", kid: "one" })}.${encodedJson({ exp: SECONDS + 60 })}`;
  const signature = await crypto.subtle.sign(ALGORITHM, pair.privateKey, utf8(signed));
  text = `${signed}.${base64url(new Uint8Array(signature))}`;
});

function jwtOf(claims: Record<string, string | number | string[]>): Jwt {
  return { keyId: "one", claims, signed: new Uint8Array(), signature: new Uint8Array() };
}

describe("a JWT", () => {
  it("is signed by the key that it names", async () => {
    const jwt = parseJwt(text);
    expect(jwt?.keyId).toBe("one");
    expect(jwt !== null && (await isSigned(jwt, [key]))).toBe(true);
    expect(jwt !== null && (await isSigned(jwt, []))).toBe(false);
    expect(jwt !== null && (await isSigned(jwt, [{ ...key, kid: "two" }]))).toBe(false);
    expect(jwt !== null && (await isSigned(jwt, [{ ...key, n: "no number" }]))).toBe(false);
  });

  test.prop([fc.nat(), fc.constantFrom("A", "b", "_", "0", "=", " ")])(
    "is no longer signed after any change of what it says",
    async (at, character) => {
      const place = at % text.lastIndexOf(".");
      const changed = text.slice(0, place) + character + text.slice(place + 1);
      fc.pre(changed !== text);
      const jwt = parseJwt(changed);
      expect(jwt !== null && (await isSigned(jwt, [key]))).toBe(false);
    },
  );

  test.prop([fc.string({ unit: "binary" })])("is no other text", (other) => {
    expect(parseJwt(other)).toBeNull();
  });

  it("ends at its time and begins no earlier than it says", () => {
    expect(endOf(jwtOf({ exp: SECONDS + 1 }), NOW)).toBe(NOW + 1000);
    expect(endOf(jwtOf({ exp: SECONDS + 1, nbf: SECONDS, iat: SECONDS }), NOW)).toBe(NOW + 1000);
    const others = [
      {},
      { exp: SECONDS },
      { exp: Infinity },
      { exp: "4000000000" },
      { exp: SECONDS + 1, nbf: SECONDS + 1 },
      { exp: SECONDS + 1, iat: SECONDS + 1 },
      { exp: SECONDS + 1, nbf: "0" },
    ];
    for (const claims of others) expect(endOf(jwtOf(claims), NOW)).toBeNull();
  });

  it("is for one of the audiences, by the issuer", () => {
    const isForUs = (claims: Parameters<typeof jwtOf>[0]) =>
      isFor(jwtOf(claims), "team", ["a", "b"]);
    expect(isForUs({ iss: "team", aud: "a" })).toBe(true);
    expect(isForUs({ iss: "team", aud: ["c", "b"] })).toBe(true);
    expect(isForUs({ iss: "other", aud: "a" })).toBe(false);
    expect(isForUs({ iss: "team", aud: ["c"] })).toBe(false);
    expect(isForUs({ iss: "team" })).toBe(false);
    expect(isForUs({ aud: "a" })).toBe(false);
  });
});

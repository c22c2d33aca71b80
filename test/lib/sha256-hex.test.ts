import { expect, test } from "vitest";
import { sha256Hex } from "../../src/lib/bytes.ts";

const HEX = "9b8d2915fd8445d6a8a53c859063c0d3e6d7de2f98d9d65881517038 00cb4832".replace(" ", "");

test.each([
  [HEX, HEX],
  [HEX.toUpperCase(), HEX],
  [Uint8Array.fromHex(HEX).toBase64(), HEX],
  [Uint8Array.fromHex(HEX).toBase64({ alphabet: "base64url", omitPadding: true }), HEX],
])("%s is %s", (text, expected) => {
  expect(sha256Hex(text)).toBe(expected);
});

test.each([
  "",
  "doc456",
  HEX.slice(1),
  `${HEX}0`,
  `${"A".repeat(42)}==`,
  "A".repeat(44),
  "é".repeat(64),
])("%s is no SHA-256", (text) => {
  expect(sha256Hex(text)).toBeNull();
});

/** What the tests use of Node's hashes: `crypto.subtle` has none without a wait. */
declare module "node:crypto" {
  type Hash = { update(text: string): Hash; digest(encoding: "hex"): string };
  export function createHash(algorithm: "sha256"): Hash;
}

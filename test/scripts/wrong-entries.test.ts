import { expect, it } from "vitest";
import { wrongEntries } from "../../scripts/lockfiles/wrong-entries.ts";

it("finds what can't be verified and what names a registry, and nothing else", () => {
  const packages = {
    "": {},
    "test/workspace": {},
    "test/workspace/node_modules/good": { integrity: "sha512-aa==" },
    "node_modules/good": { integrity: "sha512-aa==" },
    "node_modules/beside": { link: true, resolved: "beside" },
    "node_modules/unverified": {},
    "node_modules/addressed": { integrity: "sha512-aa==", resolved: "https://registry.test/a.tgz" },
  };
  expect(wrongEntries({ packages })).toEqual(["node_modules/unverified", "node_modules/addressed"]);
});

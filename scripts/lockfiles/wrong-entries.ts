/** What `npm ci` could not verify, or would fetch from a fixed address: pure. */

export type Lockfile = { packages: Record<string, LockedPackage> };

type LockedPackage = { integrity?: string; resolved?: string; link?: boolean };

/** What comes from a registry stands below such a folder; the project and its workspaces do not. */
const PACKAGES = "node_modules/";

/** Entries without `integrity`, or with an address that only one registry answers. */
export function wrongEntries({ packages }: Lockfile): string[] {
  return Object.entries(packages)
    .filter(
      ([place, { integrity, resolved, link }]) =>
        place.includes(PACKAGES) &&
        link !== true &&
        (integrity === undefined || resolved !== undefined),
    )
    .map(([place]) => place);
}

/** The folders of the workspaces, whose own `package.json` npm reads as well. */
export function workspaces(packages: Lockfile["packages"]): string[] {
  return Object.keys(packages).filter((place) => place !== "" && !place.includes(PACKAGES));
}

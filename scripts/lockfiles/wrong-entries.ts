/** What `npm ci` could not verify, or would fetch from a fixed address: pure. */

export type Lockfile = { packages: Record<string, LockedPackage> };

type LockedPackage = { integrity?: string; resolved?: string; link?: boolean };

/** The project itself. */
const ROOT = "";

/** Entries without `integrity`, or with an address that only one registry answers. */
export function wrongEntries({ packages }: Lockfile): string[] {
  return Object.entries(packages)
    .filter(
      ([place, { integrity, resolved, link }]) =>
        place !== ROOT && link !== true && (integrity === undefined || resolved !== undefined),
    )
    .map(([place]) => place);
}

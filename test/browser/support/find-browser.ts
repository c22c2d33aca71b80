/**
 * The browser of the journeys: CHROMIUM_PATH, else an installed Chromium or Chrome, else the one that the
 * npm package @sparticuz/chromium carries, unpacked once.
 */
import { execFile } from "node:child_process";
import { createReadStream, createWriteStream, existsSync, readFileSync } from "node:fs";
import { chmod, link, mkdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createBrotliDecompress } from "node:zlib";
import { onceARun } from "../../node/support/once-a-run.ts";

/** A program, and where the libraries are that this machine lacks. */
export type BrowserProgram = { path: string; libraries: string | null };

/** Where Debian, Google's package and macOS install it. */
const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const PACKAGE = "node_modules/@sparticuz/chromium";

const CACHE = "node_modules/.cache/inbox";

const run = promisify(execFile);

/** The program to start; null where this machine has none and the package's does not run. */
export async function findBrowser(): Promise<BrowserProgram | null> {
  const { CHROMIUM_PATH: given } = process.env;
  if (given !== undefined && given !== "") return { path: given, libraries: null };
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed !== undefined) return { path: installed, libraries: null };
  const isBuiltFor = process.platform === "linux" && process.arch === "x64";
  return isBuiltFor && existsSync(PACKAGE) ? packagedBrowser() : null;
}

/** The package's, with its own libraries only if this machine has them not: they are older. */
async function packagedBrowser(): Promise<BrowserProgram | null> {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  const path = join(CACHE, `chromium-${version}`);
  await onceARun("browser", () => unpack("chromium.br", path, (aside) => chmod(aside, 0o755)));
  if (await starts({ path, libraries: null })) return { path, libraries: null };
  const folder = join(CACHE, `libraries-${version}`);
  await unpack("al2023.tar.br", folder, async (aside) => {
    const archive = `${aside}.tar`;
    await rename(aside, archive);
    await mkdir(aside);
    await run("tar", ["-xf", archive, "-C", aside]);
    await rm(archive);
  });
  const withLibraries = { path, libraries: resolve(folder, "lib") };
  return (await starts(withLibraries)) ? withLibraries : null;
}

async function starts({ path, libraries }: BrowserProgram): Promise<boolean> {
  try {
    await run(resolve(path), ["--version"], { env: environmentWith(libraries) });
    return true;
  } catch {
    return false;
  }
}

/** Writes aside, so that no other process finds half of it. The first to end has made it: what runs is not replaced. */
async function unpack(
  name: string,
  to: string,
  finish: (aside: string) => Promise<void>,
): Promise<void> {
  if (existsSync(to)) return;
  const aside = `${to}.${process.pid}`;
  await mkdir(CACHE, { recursive: true });
  try {
    await pipeline(
      createReadStream(join(PACKAGE, "bin", name)),
      createBrotliDecompress(),
      createWriteStream(aside),
    );
    await finish(aside);
    const isFolder = (await stat(aside)).isDirectory();
    await (isFolder ? rename : link)(aside, to).catch((error: unknown) => {
      if (!existsSync(to)) throw error;
    });
  } finally {
    await rm(aside, { force: true, recursive: true });
  }
}

/** With the libraries of the package, if the program takes those. */
export function environmentWith(libraries: string | null): Record<string, string> {
  const own = Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return {
    ...Object.fromEntries(own),
    ...(libraries === null ? {} : { LD_LIBRARY_PATH: libraries }),
  };
}

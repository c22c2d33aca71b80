/**
 * The browser of the journeys: CHROMIUM_PATH, else an installed Chromium or Chrome, else the one that the
 * npm package @sparticuz/chromium carries, unpacked once. Our own launch arguments: the package's switch
 * off the very rules that the journeys hold.
 */
import { type Browser, chromium } from "playwright-core";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

/** Where Debian, Google's package and macOS install it. */
const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The package exports no path of its own program. */
const PACKED = "node_modules/@sparticuz/chromium/bin/chromium.br";

const CACHE = "node_modules/.cache/inbox";

/** Root has no sandbox in Chromium; anybody else keeps it. */
const ROOT_ARGUMENTS = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

/** The program to start; null where this machine has none and the package's does not run. */
export async function findBrowser(): Promise<string | null> {
  const { CHROMIUM_PATH: given } = process.env;
  if (given !== undefined && given !== "") return given;
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  return process.platform === "linux" && process.arch === "x64" ? unpackBrowser() : null;
}

export async function launchBrowser(path: string): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    args: [...ROOT_ARGUMENTS, "--disable-dev-shm-usage", "--disable-gpu"],
  });
}

/** Writes aside and renames, so that no other process starts half a program. */
async function unpackBrowser(): Promise<string> {
  const unpacked = join(CACHE, "chromium");
  if (existsSync(unpacked)) return unpacked;
  const aside = `${unpacked}.${process.pid}`;
  await mkdir(CACHE, { recursive: true });
  try {
    await pipeline(createReadStream(PACKED), createBrotliDecompress(), createWriteStream(aside));
    await chmod(aside, 0o755);
    await rename(aside, unpacked);
  } finally {
    await rm(aside, { force: true });
  }
  return unpacked;
}

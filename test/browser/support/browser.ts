/** Starts the browser of the journeys, with our own launch arguments: the package's switch off the very rules they hold. */
import { type Browser, chromium } from "playwright-core";
import { type BrowserProgram, environmentWith } from "./find-browser.ts";

/** Root has no sandbox in Chromium; anybody else keeps it. */
const ROOT_ARGUMENTS = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

let launched: Promise<Browser> | undefined;

/** One for all files of a process, whose end it does not outlive. */
export function launchOnce(program: BrowserProgram): Promise<Browser> {
  launched ??= launchBrowser(program);
  return launched;
}

export async function launchBrowser({ path, libraries }: BrowserProgram): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    args: [...ROOT_ARGUMENTS, "--disable-dev-shm-usage", "--disable-gpu"],
    env: environmentWith(libraries),
  });
}

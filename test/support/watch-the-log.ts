/**
 * Watches all that is logged while the tests run (I11): no line may hold a phone number, a token or
 * a secret, and each is one JSON object with an event. Tests that look at the log themselves see
 * it before this does.
 */
import { env } from "cloudflare:workers";
import { afterEach } from "vitest";

const LEVELS = ["info", "error"] as const;

/** Ids of ours, and the random ones of requests: hex digits that may look like anything. */
const OWN_IDS =
  /\b(?:(?:msg|evt|ded|med)_[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/g;

/** Durations by name: where a test moves the clock, back or on, they are as long as a phone number. */
const DURATIONS = /"\w+_ms":-?\d+/g;

/** E.164 numbers with a country code. */
const PHONE = /(?<![0-9a-z])\+?[1-9]\d{9,14}(?![0-9a-z])/i;

/** Base64 that holds the digits of a phone. */
const WAMID = /wamid\./;

const SECRETS = [
  env.WHATSAPP_ACCESS_TOKEN,
  env.WHATSAPP_APP_SECRET,
  env.WHATSAPP_VERIFY_TOKEN,
  ...env.API_TOKENS.split(","),
]
  .flatMap((value) => value.split(/[:,]/))
  .filter((part) => part.includes("-"));

const lines: string[] = [];

for (const level of LEVELS) {
  // oxlint-disable-next-line no-console -- a line a request would bury what the tests say
  console[level] = (...texts: unknown[]) => {
    lines.push(texts.map(String).join(" "));
  };
}

afterEach(({ task }) => {
  const logged = lines.splice(0);
  // oxlint-disable-next-line no-console -- what explains why it failed
  if (task.result?.state === "fail") console.warn(logged.join("\n"));
  for (const line of logged) requireHarmless(line);
});

function requireHarmless(line: string): void {
  const told = line.replaceAll(OWN_IDS, "").replaceAll(DURATIONS, "");
  const isHarmless =
    !PHONE.test(told) && !WAMID.test(told) && !SECRETS.some((secret) => told.includes(secret));
  if (!isHarmless || !("event" in JSON.parse(line))) throw new Error(`not to be logged: ${line}`);
}

/**
 * One function for each thing that the doctor checks: pure, from what Meta, D1 and subscribers
 * answered to what was found and what to do about it.
 */
import type { ConfigResult } from "../config/config.ts";
import type { NumberInfo, TokenInfo, WebhookSubscription } from "../graph/account.ts";
import type { GraphResult } from "../graph/request.ts";
import { errorMembers } from "../lib/log.ts";
import { DAY_MS } from "../lib/time.ts";
import { APPLY_MIGRATIONS, lacksMigrations } from "../store/d1.ts";
import type { Arrivals, Backlog, RefusedSends } from "../store/health.ts";
import { type PostOutcome, refusalOf } from "../subscribers/post.ts";
import { fail, ok, unknown, type CheckResult, warn, withoutFullStop } from "./result.ts";

const WHY_NOTHING_ARRIVES =
  "Look at the checks app_secret, webhook and app_subscribed, and whether the app is published; `npx wrangler tail` shows what Meta posts.";

/** Whether signed webhooks arrive. */
export function checkArrivals({ newest, oldest_silent }: Arrivals): CheckResult {
  if (newest === null) {
    return warn(
      "No signed webhook has ever arrived.",
      `Write to the business number from a phone. If nothing comes: ${WHY_NOTHING_ARRIVES}`,
    );
  }
  const since = new Date(newest).toISOString();
  return oldest_silent !== null && oldest_silent > newest
    ? warn(
        `Nothing has arrived since ${since}, not even statuses of messages accepted after that.`,
        WHY_NOTHING_ARRIVES,
      )
    : ok(`The newest signed webhook came around ${since}.`);
}

export function checkDeadLetters({ dead_letters: count }: Backlog): CheckResult {
  return count === 0
    ? ok("There are no dead letters.")
    : warn(
        `Dead letters: ${count}.`,
        "GET /v1/dead-letters says why. Once the cause is corrected: POST /v1/dead-letters/{id}/replay.",
      );
}

export function checkUnconfirmed({ unconfirmed: count }: Backlog): CheckResult {
  return count === 0
    ? ok("Meta answered every send.")
    : warn(
        `Of ${count} sends it is unknown whether they left: Meta's answer was lost.`,
        "A status from Meta decides each; without one it fails after 24 hours. To send one again before that: POST /v1/messages/{id}/resend.",
      );
}

export function checkRefused({ refused }: Backlog): CheckResult {
  const forOperator = refused.filter(({ code }) => code === "meta_unauthorized");
  if (forOperator.length > 0) {
    const reasons = forOperator.map(({ detail }) => withoutFullStop(detail)).join("; ");
    return fail(
      `${countOf(forOperator)} sends wait for you: ${reasons}.`,
      "Correct what Meta names. They are tried every 5 minutes.",
    );
  }
  return refused.length > 0
    ? warn(
        `${countOf(refused)} sends wait because Meta slows them down.`,
        "They leave by themselves; if they pile up, send less.",
      )
    : ok("No send waits after a refusal of Meta's.");
}

function countOf(sends: readonly RefusedSends[]): number {
  return sends.reduce((sum, { count }) => sum + count, 0);
}

const META_HOST = "graph.facebook.com";

/** Whether all settings are there, and lead to Meta. */
export function checkConfiguration(result: ConfigResult): CheckResult {
  if (!result.ok) {
    const problems = result.problems.map(({ setting, remedy }) => `${setting}: ${remedy}`);
    return fail(
      `Missing or wrong: ${problems.map((problem) => `${problem}.`).join(" ")}`,
      "Set secrets with `npx wrangler secret put NAME`, the others under [vars] in wrangler.toml.",
    );
  }
  const { host } = result.config.graphApiBaseUrl;
  return host === META_HOST
    ? ok("Every setting is there.")
    : warn(
        `Every setting is there, but GRAPH_API_BASE_URL leads to ${host}: no customer gets a message.`,
        `Set GRAPH_API_BASE_URL to https://${META_HOST}, unless this is a test installation.`,
      );
}

const CONNECTED = "CONNECTED";

/** Whether the business number can send, and how customers rate what it sends. */
export function checkNumber(number: NumberInfo): CheckResult {
  const { status, quality, can_send: canSend } = number;
  const what = `${number.verified_name ?? "The number"}: ${status ?? "status unknown"}, quality ${quality ?? "unknown"}, limit ${number.messaging_limit ?? "unknown"}.`;
  const troubles = number.troubles.map(({ description }) => description);
  const advice = number.troubles.flatMap(({ solution }) => (solution === null ? [] : [solution]));
  const found = [what, ...troubles].join(" ");
  const remedy = advice.join(" ") || "Look at the number in WhatsApp Manager → Phone numbers.";
  if (status !== null && status !== CONNECTED) return fail(found, remedy);
  if (canSend === "BLOCKED") return fail(`${found} Meta lets it send nothing.`, remedy);
  if (canSend === "LIMITED") return warn(`${found} Meta limits what it may send.`, remedy);
  if (quality === "RED" || quality === "YELLOW") {
    return warn(
      found,
      "Customers block or report what you send: send less, and only what they expect. Meta lowers the limit otherwise.",
    );
  }
  return status === null ? warn(found, remedy) : ok(found);
}

/** A template of the registry, and what Meta last reported of it; null if nothing. */
export type KnownTemplate = {
  name: string;
  language: string;
  status: string | null;
  reason: string | null;
};

/** Statuses in which a template can be sent. */
const SENDABLE: ReadonlySet<string> = new Set(["APPROVED", "REINSTATED", "FLAGGED"]);

/** Whether Meta has approved the templates that the registry lets callers send. */
export function checkTemplates(templates: readonly KnownTemplate[]): CheckResult {
  const refused = templates.filter(({ status }) => status !== null && !SENDABLE.has(status));
  if (refused.length > 0) {
    return fail(
      `Can't be sent now: ${refused.map(nameWithStatus).join(", ")}.`,
      "Meta approves a template under exactly this name and language, or says why not: look at it in WhatsApp Manager → Message templates.",
    );
  }
  const unreported = templates.filter(({ status }) => status === null);
  return unreported.length > 0
    ? warn(
        `Meta has reported nothing of: ${unreported.map(nameOf).join(", ")}.`,
        "Ask Meta: POST /v1/templates/sync. Submit what it does not have: POST /v1/templates/push.",
      )
    : ok(`${templates.length} templates are approved.`);
}

function nameOf({ name, language }: KnownTemplate): string {
  return `${name} (${language})`;
}

function nameWithStatus(template: KnownTemplate): string {
  const { status, reason } = template;
  return `${nameOf(template)} is ${status}${reason === null || reason === "NONE" ? "" : `, ${reason}`}`;
}

/** Enough time to make a new token before messages wait for it. */
const EXPIRES_SOON_MS = 7 * DAY_MS;

const NEW_TOKEN =
  "Make a token that does not expire for a system user (Business settings → System users), with both WhatsApp permissions, and set it as WHATSAPP_ACCESS_TOKEN.";

/** Whether Meta accepts the access token, until when, and for what. */
export function checkToken({ valid, expires_at, scopes }: TokenInfo, now: number): CheckResult {
  if (!valid) return fail("Meta does not take WHATSAPP_ACCESS_TOKEN any more.", NEW_TOKEN);
  if (!scopes.includes("whatsapp_business_messaging")) {
    return fail(
      "The token lacks the permission whatsapp_business_messaging: it can't send.",
      NEW_TOKEN,
    );
  }
  const until = expires_at === null ? "" : new Date(expires_at).toISOString();
  if (expires_at !== null && expires_at - now <= EXPIRES_SOON_MS) {
    return warn(`The token expires on ${until}.`, NEW_TOKEN);
  }
  if (!scopes.includes("whatsapp_business_management")) {
    return warn(
      "The token lacks the permission whatsapp_business_management: templates and this check need it.",
      NEW_TOKEN,
    );
  }
  return ok(`The token is valid and ${until === "" ? "does not expire" : `lives until ${until}`}.`);
}

/** Passes if Meta knows one of the app secrets: during a rotation the others are old. */
export function checkAppSecret(answers: readonly GraphResult<unknown>[]): CheckResult {
  const accepted = answers.filter((answer) => answer.ok).length;
  if (accepted === answers.length) return ok("Meta knows the app by its secret.");
  if (accepted > 0) {
    return ok(`Meta knows the app by ${accepted} of ${answers.length} secrets.`);
  }
  const [first] = answers;
  const status = first === undefined || first.ok ? null : first.error.http_status;
  if (status === null || status >= 500) return unknown("Meta gave no answer about the app");
  return fail(
    "Meta does not know the app by WHATSAPP_APP_SECRET: every webhook is signed with another one and refused with 403.",
    "Copy the secret from the app's dashboard (App settings → Basic) of the very app that the access token belongs to.",
  );
}

/**
 * Where Meta posts to, and what.
 *
 * @param numberCallback the address that Meta uses for this number; null if it named none
 * @param ownCallback this Worker's webhook address, by the host that the doctor was called at
 */
export function checkWebhook(
  subscription: WebhookSubscription | "none",
  numberCallback: string | null,
  ownCallback: string,
): CheckResult {
  const enter = `Enter ${ownCallback} and the verify token in the app's dashboard (Use cases → Customize → Configuration)`;
  if (subscription === "none") {
    return fail("Meta has no webhook address for this app.", `${enter}.`);
  }
  if (!subscription.active) return fail("The app's webhook is switched off.", `${enter} again.`);
  if (!subscription.fields.includes("messages")) {
    return fail(
      "The address is verified, but the field messages is not subscribed: neither messages nor statuses are sent.",
      "Subscribe to the field messages in the app's dashboard (Use cases → Customize → Configuration → Webhook fields).",
    );
  }
  const callback = numberCallback ?? subscription.callback_url;
  return callback === ownCallback
    ? ok(`Meta has verified ${ownCallback} and posts ${subscription.fields.join(", ")}.`)
    : warn(
        `Meta posts to ${callback ?? "an address it does not name"}, and this is ${ownCallback}.`,
        `If that is not another name of this Worker: ${enter}.`,
      );
}

/** Whether the app gets the business account's webhooks: the dashboard does not subscribe it. */
export function checkSubscription(apps: readonly string[], appId: string): CheckResult {
  return apps.includes(appId)
    ? ok("The app hears of the business account.")
    : fail(
        "The app does not hear of the business account: its address is verified, but nothing arrives.",
        "Subscribe it: POST https://graph.facebook.com/v25.0/{business account id}/subscribed_apps with the access token.",
      );
}

/**
 * Whether D1 answers, and has what this version needs.
 *
 * @param failure what D1 threw; null if it answered as it should
 */
export function checkDatabase(failure: { error: unknown } | null): CheckResult {
  if (failure === null) return ok("D1 answers and has every table.");
  const why = withoutFullStop(errorMembers(failure.error).error);
  if (lacksMigrations(failure.error)) {
    return fail(`The database lacks migrations: ${why}.`, `${capitalized(APPLY_MIGRATIONS)}.`);
  }
  return fail(
    `D1 does not answer as it should: ${why}.`,
    "Look at D1 in Cloudflare's dashboard and at https://www.cloudflarestatus.com, then ask again. Until then the conversations' objects and the queues keep what comes in.",
  );
}

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A subscriber by its host, and its answer to a test event. */
type TestedSubscriber = { host: string; outcome: PostOutcome };

/** Whether subscribers accept a test event. */
export function checkSubscribers(tested: readonly TestedSubscriber[]): CheckResult {
  if (tested.length === 0) {
    return ok("EVENT_SUBSCRIBERS is not set: no events are sent.");
  }
  // A subscriber that refuses the test event with 410 is there.
  const refusing = tested
    .filter(({ outcome }) => outcome.kind !== "delivered" && outcome.kind !== "gone")
    .map(({ host, outcome }) => `${host}: ${refusalOf(outcome)}`);
  if (refusing.length === 0) return ok(`Subscribers that took a test event: ${tested.length}.`);
  return fail(
    `A test event was not taken by ${refusing.join(", ")}.`,
    "Start what listens there, let it verify with a secret of EVENT_SUBSCRIBERS and answer 2xx to types it does not know; POST /v1/subscribers/test tries one alone. Its events wait for three days.",
  );
}

/**
 * Asks Meta, D1 and subscribers, and runs every check at once. No check waits for another unless it
 * needs its answer, none can hang, and a check that throws spoils no other.
 */
import { type Config, parseConfig, readEventSubscribers } from "../config/config.ts";
import { createAccountClient, type TokenInfo } from "../graph/account.ts";
import { type GraphResult, withoutAnswer } from "../graph/request.ts";
import { withDeadline } from "../lib/deadline.ts";
import { errorMembers } from "../lib/log.ts";
import { MINUTE_MS, SECOND_MS } from "../lib/time.ts";
import { createDatabase, type Database, d1WithTimeout } from "../store/d1.ts";
import { readArrivals, readBacklog, requireSchema } from "../store/health.ts";
import { findTemplateRows } from "../store/templates.ts";
import { testSubscriber } from "../subscribers/test.ts";
import { templateRegistry } from "../templates/registry.ts";
import {
  checkAppSecret,
  checkArrivals,
  checkConfiguration,
  checkDatabase,
  checkDeadLetters,
  checkNumber,
  checkRefused,
  checkSubscribers,
  checkSubscription,
  checkTemplates,
  checkToken,
  checkUnconfirmed,
  checkWebhook,
  type KnownTemplate,
} from "./checks.ts";
import { runInboxCheck } from "./inbox.ts";
import { unknown, type CheckResult, withoutFullStop } from "./result.ts";

export type Check = { check: string } & CheckResult;

const META_UNREACHABLE =
  "Meta can't be reached: look at GRAPH_API_BASE_URL and at https://metastatus.com/whatsapp-business-api, then ask again. Messages to send wait.";

/** For all calls of one check: the operator waits for the slowest check. */
const CHECK_DEADLINE_MS = 10 * SECOND_MS;

/** D1 answers within milliseconds or is in trouble. Below a check's deadline, so that the check can say so. */
const D1_PATIENCE_MS = 3 * SECOND_MS;

/** Meta reports a message that it accepted within minutes, if it reports at all. */
const STATUS_PATIENCE_MS = 15 * MINUTE_MS;

type NamedCheck = readonly [check: string, run: () => Promise<CheckResult>];

/** @param ownCallback this Worker's webhook address, by the host that the doctor was called at */
export async function runChecks(env: Env, ownCallback: string, now: number): Promise<Check[]> {
  const result = parseConfig(env);
  const database = createDatabase(d1WithTimeout(env.DB, D1_PATIENCE_MS));
  const checks: readonly NamedCheck[] = [
    ["configuration", async () => checkConfiguration(result)],
    ...(result.ok ? checksOfMeta(result.config, ownCallback, now) : []),
    ...checksOfStore(database, now),
    ["subscribers", () => runSubscribersCheck(env, now)],
    ["inbox", () => runInboxCheck(env)],
  ];
  return Promise.all(checks.map(async ([check, run]) => ({ check, ...(await guarded(run)) })));
}

function checksOfMeta(config: Config, ownCallback: string, now: number): NamedCheck[] {
  const client = createAccountClient(config);
  const token = client.token();
  const number = client.number(config.phoneNumberId);
  const app = token.then(appOf);
  const webhooks = app.then((answer) =>
    answer.ok
      ? Promise.all(config.appSecrets.map((secret) => client.webhook(answer.value, secret)))
      : [answer],
  );
  return [
    ["access_token", async () => checked(await token, (info) => checkToken(info, now))],
    ["phone_number", async () => checked(await number, checkNumber)],
    [
      "app_secret",
      async () => {
        const answers = await webhooks;
        return checked(await app, () => checkAppSecret(answers));
      },
    ],
    [
      "webhook",
      async () => {
        const ofNumber = await number;
        const callback = ofNumber.ok ? ofNumber.value.callback_url : null;
        return checked(firstGood(await webhooks), (subscription) =>
          checkWebhook(subscription, callback, ownCallback),
        );
      },
    ],
    [
      "app_subscribed",
      async () => {
        const info = await token;
        const accounts = info.ok ? info.value.account_ids : [];
        const answers = await Promise.all(accounts.map((id) => client.subscribedApps(id)));
        const apps = answers.flatMap((answer) => (answer.ok ? answer.value : []));
        return checked(await app, (appId) =>
          checked(firstGood(answers), () => checkSubscription(apps, appId)),
        );
      },
    ],
  ];
}

function checksOfStore(database: Database, now: number): NamedCheck[] {
  const backlog = readBacklog(database);
  backlog.catch(() => undefined);
  return [
    ["database", () => runDatabaseCheck(database)],
    [
      "last_webhook",
      async () => checkArrivals(await readArrivals(database, now - STATUS_PATIENCE_MS)),
    ],
    ["templates", async () => checkTemplates(await knownTemplates(database))],
    ["dead_letters", async () => checkDeadLetters(await backlog)],
    ["unconfirmed_sends", async () => checkUnconfirmed(await backlog)],
    ["waiting_sends", async () => checkRefused(await backlog)],
  ];
}

async function runDatabaseCheck(database: Database): Promise<CheckResult> {
  try {
    await requireSchema(database);
    return checkDatabase(null);
  } catch (error) {
    return checkDatabase({ error });
  }
}

async function runSubscribersCheck(env: Env, now: number): Promise<CheckResult> {
  const result = readEventSubscribers(env);
  if (!result.ok) return unknown("EVENT_SUBSCRIBERS can't be read");
  const tested = await Promise.all(
    result.subscribers.map(async (subscriber) => {
      const { outcome } = await testSubscriber(subscriber, now);
      return { host: new URL(subscriber.url).host, outcome };
    }),
  );
  return checkSubscribers(tested);
}

async function knownTemplates(database: Database): Promise<KnownTemplate[]> {
  const rows = await findTemplateRows(database, templateRegistry);
  return templateRegistry.map(({ name, language }) => {
    const row = rows.find((known) => known.name === name && known.language === language);
    return { name, language, status: row?.status ?? null, reason: row?.reason ?? null };
  });
}

/** The check of Meta's answer; without an answer, why there is none. */
function checked<Value>(
  answer: GraphResult<Value>,
  check: (value: Value) => CheckResult,
): CheckResult {
  if (answer.ok) return check(answer.value);
  const { code, message, details, http_status: status } = answer.error;
  const reason = withoutFullStop(details ?? message);
  if (answer.class === "ambiguous" && status === null) return unknown(reason, META_UNREACHABLE);
  return unknown(code === null ? reason : `${reason} (Meta's code ${code})`);
}

function appOf(token: GraphResult<TokenInfo>): GraphResult<string> {
  if (!token.ok) return token;
  const { app_id: value } = token.value;
  return value === null
    ? withoutAnswer("permanent", "Meta does not say which app the token belongs to")
    : { ok: true, value };
}

/** The first good answer, else the failure of the first. */
function firstGood<Value>(answers: readonly GraphResult<Value>[]): GraphResult<Value> {
  return (
    answers.find(({ ok }) => ok) ??
    answers[0] ??
    withoutAnswer("permanent", "Meta does not say which business account the token is for")
  );
}

async function guarded(run: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await withDeadline(run(), CHECK_DEADLINE_MS);
  } catch (error) {
    return unknown(errorMembers(error).error);
  }
}

/**
 * Every check at once: what Meta, D1 and subscribers tell, judged. None waits for another longer than
 * it must, none can hang, and one that fails hurts no other.
 */
import { type Config, parseConfig, readEventSubscribers } from "../config/config.ts";
import { createAccountClient, type TokenInfo } from "../graph/account.ts";
import { type GraphResult, withoutAnswer } from "../graph/request.ts";
import { withDeadline } from "../lib/deadline.ts";
import { errorMembers } from "../lib/log.ts";
import { MINUTE_MS } from "../lib/time.ts";
import { createDatabase, type Database, patientD1 } from "../store/d1.ts";
import { readArrivals, readBacklog, requireSchema } from "../store/health.ts";
import { findTemplateRows } from "../store/templates.ts";
import { testSubscriber } from "../subscribers/test.ts";
import { templateRegistry } from "../templates/registry.ts";
import {
  judgeAppSecret,
  judgeArrivals,
  judgeConfiguration,
  judgeDatabase,
  judgeDeadLetters,
  judgeNumber,
  judgeRefused,
  judgeSubscribers,
  judgeSubscription,
  judgeTemplates,
  judgeToken,
  judgeUnconfirmed,
  judgeWebhook,
  type KnownTemplate,
} from "./checks.ts";
import { unknown, type CheckResult, withoutFullStop } from "./result.ts";

export type Check = { check: string } & CheckResult;

const META_UNREACHABLE =
  "Meta can't be reached: look at GRAPH_API_BASE_URL and at https://metastatus.com/whatsapp-business-api, then ask again. What is to be sent waits.";

/** All of a check's calls together; whoever asks waits for the slowest. */
const CHECK_DEADLINE_MS = 10_000;

/** It answers within milliseconds or is in trouble; within a check's deadline, so that this is said. */
const D1_PATIENCE_MS = 3000;

/** Meta reports a message it took within minutes, if it reports at all. */
const STATUS_PATIENCE_MS = 15 * MINUTE_MS;

type Examination = readonly [check: string, runChecks: () => Promise<CheckResult>];

/** @param ownCallback where this Worker takes webhooks, as whoever asks reaches it */
export async function runChecks(env: Env, ownCallback: string, now: number): Promise<Check[]> {
  const result = parseConfig({ ...env });
  const database = createDatabase(patientD1(env.DB, D1_PATIENCE_MS));
  const examinations: readonly Examination[] = [
    ["configuration", async () => judgeConfiguration(result)],
    ...(result.ok ? examinationsOfMeta(result.config, ownCallback, now) : []),
    ...examinationsOfStore(database, now),
    ["subscribers", () => examineSubscribers(env, now)],
  ];
  return Promise.all(
    examinations.map(async ([check, verdict]) => ({ check, ...(await guarded(verdict)) })),
  );
}

function examinationsOfMeta(config: Config, ownCallback: string, now: number): Examination[] {
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
    ["access_token", async () => judged(await token, (info) => judgeToken(info, now))],
    ["phone_number", async () => judged(await number, judgeNumber)],
    [
      "app_secret",
      async () => {
        const answers = await webhooks;
        return judged(await app, () => judgeAppSecret(answers));
      },
    ],
    [
      "webhook",
      async () => {
        const ofNumber = await number;
        const callback = ofNumber.ok ? ofNumber.value.callback_url : null;
        return judged(firstGood(await webhooks), (subscription) =>
          judgeWebhook(subscription, callback, ownCallback),
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
        return judged(await app, (appId) =>
          judged(firstGood(answers), () => judgeSubscription(apps, appId)),
        );
      },
    ],
  ];
}

function examinationsOfStore(database: Database, now: number): Examination[] {
  const backlog = readBacklog(database);
  backlog.catch(() => undefined);
  return [
    ["database", () => examineDatabase(database)],
    [
      "last_webhook",
      async () => judgeArrivals(await readArrivals(database, now - STATUS_PATIENCE_MS)),
    ],
    ["templates", async () => judgeTemplates(await knownTemplates(database))],
    ["dead_letters", async () => judgeDeadLetters(await backlog)],
    ["unconfirmed_sends", async () => judgeUnconfirmed(await backlog)],
    ["waiting_sends", async () => judgeRefused(await backlog)],
  ];
}

async function examineDatabase(database: Database): Promise<CheckResult> {
  try {
    await requireSchema(database);
    return judgeDatabase(null);
  } catch (error) {
    return judgeDatabase({ error });
  }
}

async function examineSubscribers(env: Env, now: number): Promise<CheckResult> {
  const result = readEventSubscribers({ ...env });
  if (!result.ok) return unknown("EVENT_SUBSCRIBERS can't be read");
  const tested = await Promise.all(
    result.subscribers.map(async (subscriber) => {
      const { outcome } = await testSubscriber(subscriber, now);
      return { host: new URL(subscriber.url).host, outcome };
    }),
  );
  return judgeSubscribers(tested);
}

async function knownTemplates(database: Database): Promise<KnownTemplate[]> {
  const rows = await findTemplateRows(database, templateRegistry);
  return templateRegistry.map(({ name, language }) => {
    const row = rows.find((known) => known.name === name && known.language === language);
    return { name, language, status: row?.status ?? null, reason: row?.reason ?? null };
  });
}

function judged<Value>(
  answer: GraphResult<Value>,
  judge: (value: Value) => CheckResult,
): CheckResult {
  if (answer.ok) return judge(answer.value);
  const { code, message, details, http_status: status } = answer.error;
  const reason = withoutFullStop(details ?? message);
  if (answer.class === "ambiguous" && status === null) return unknown(reason, META_UNREACHABLE);
  return unknown(code === null ? reason : `${reason} (Meta's code ${code})`);
}

function appOf(token: GraphResult<TokenInfo>): GraphResult<string> {
  if (!token.ok) return token;
  const { app_id: value } = token.value;
  return value === null
    ? withoutAnswer("permanent", "Meta does not tell which app the token belongs to")
    : { ok: true, value };
}

/** One that holds an answer, else the reason why the first does not. */
function firstGood<Value>(answers: readonly GraphResult<Value>[]): GraphResult<Value> {
  return (
    answers.find(({ ok }) => ok) ??
    answers[0] ??
    withoutAnswer("permanent", "Meta does not tell which business account the token is for")
  );
}

async function guarded(verdict: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await withDeadline(verdict(), CHECK_DEADLINE_MS);
  } catch (error) {
    return unknown(errorMembers(error).error);
  }
}

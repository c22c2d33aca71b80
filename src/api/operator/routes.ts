/**
 * The operator's routes: account events and dead letters, the doctor's checks of this installation,
 * and the test of a subscriber.
 */
import type { TypedResponse } from "hono";
import { createMiddleware } from "hono/factory";
import { parseConfig, readApiTokens } from "../../config/config.ts";
import type { Settings } from "../../config/setting.ts";
import { runChecks } from "../../doctor/examine.ts";
import { worst } from "../../doctor/result.ts";
import { optionalJsonBody } from "../../http/body.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { authorize, bearerToken, checkCaller, withKnownQuery } from "../../http/middleware.ts";
import { invalidRequest, notFound, refuse } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import type { ProblemResponse } from "../../lib/problem.ts";
import { listAccountEvents } from "../../store/account-events.ts";
import { listDeadLetters } from "../../store/dead-letters.ts";
import { refusalOf } from "../../subscribers/post.ts";
import { testSubscriber } from "../../subscribers/test.ts";
import { replayDeadLetter } from "../../webhook/replay.ts";
import {
  pageQuery,
  type PageQuery,
  type PageRequest,
  type PageResult,
  pageView,
  parsePage,
} from "../page.ts";
import { timestamp, withRawMember } from "../schema.ts";
import { subscriberTestBody } from "./body.ts";
import type { AccountEventView, DeadLetterView, DoctorView, SubscriberTestView } from "./schema.ts";
import { accountEventView } from "./view.ts";

export const operatorRoutes = createRoutes()
  .get("/events", authorize("read"), pageQuery(parseEventPage), async (context) => {
    const { limit, after, field } = context.req.valid("query");
    const rows = await listAccountEvents(context.var.database, {
      field,
      after: after === null ? null : { received_at: after.at, id: after.id },
      limit: limit + 1,
    });
    return rawPage<AccountEventView>(
      pageView(rows, limit, ({ received_at, id }) => ({ at: received_at, id }), accountEventView),
    );
  })
  .get("/dead-letters", authorize("admin"), pageQuery(parsePage), async (context) => {
    const { limit, after } = context.req.valid("query");
    const rows = await listDeadLetters(context.var.database, {
      after: after?.id ?? null,
      limit: limit + 1,
    });
    return rawPage<DeadLetterView>(
      pageView(
        rows,
        limit,
        ({ created_at, id }) => ({ at: created_at, id }),
        ({ payload, created_at, ...row }) =>
          withRawMember({ ...row, created_at: timestamp(created_at) }, "payload", payload),
      ),
    );
  })
  .post("/dead-letters/:id/replay", authorize("admin"), async (context) => {
    const outcome = await replayDeadLetter(context.env, context.req.param("id"));
    switch (outcome.kind) {
      case "replayed":
        return context.json({ replayed: true }, 200);
      case "unknown":
        return notFound(context, "dead letter");
      case "refused": {
        const detail = `It still can't be processed and was kept: ${outcome.reason}.`;
        return refuse(context, { code: "invalid_request", detail });
      }
    }
  });

/** One webhook field, or all of them. */
function parseEventPage({
  field,
  ...query
}: PageQuery & { readonly field?: string }): PageResult<PageRequest & { field: string | null }> {
  const paged = parsePage(query);
  return paged.ok ? { ok: true, page: { ...paged.page, field: field ?? null } } : paged;
}

type RawPage<View> = Response &
  TypedResponse<{ data: View[]; next_cursor: string | null }, 200, "json">;

/** A page whose rows are JSON text already. */
function rawPage<View>({
  data,
  next_cursor,
}: {
  data: readonly string[];
  next_cursor: string | null;
}): RawPage<View> {
  const body = `{"data":[${data.join(",")}],"next_cursor":${JSON.stringify(next_cursor)}}`;
  const response = new Response(body, { headers: { "content-type": "application/json" } });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Hono's client reads this type, which has no value at run time
  return response as RawPage<View>;
}

/** Needs only API_TOKENS, because the doctor must answer while other settings are missing. */
const authorizeAdmin = createMiddleware<ApiEnvironment, string, object, ProblemResponse>(
  async (context, next) => {
    if (context.var.staff !== undefined) return authorize("admin")(context, next);
    const apiTokens = readApiTokens(context.env);
    if (apiTokens.length === 0) {
      const detail = settingProblems(context.env, "API_TOKENS").join("; ");
      return refuse(context, { code: "not_configured", detail });
    }
    const presented = bearerToken(context.req.header("authorization"));
    const check = await checkCaller(context.env, apiTokens, presented, "admin");
    if (!check.ok) return refuse(context, check.problem);
    context.set("caller", check.caller);
    return withKnownQuery(context, next);
  },
);

export const doctorRoutes = createRoutes().get("/doctor", authorizeAdmin, async (context) => {
  const now = Date.now();
  const checks = await runChecks(context.env, new URL("/webhook", context.req.url).href, now);
  const view: DoctorView = { result: worst(checks), checked_at: timestamp(now), checks };
  return context.json(view, 200);
});

/** The problems of one setting, in words. */
function settingProblems(settings: Settings, name: string): string[] {
  const result = parseConfig(settings);
  const problems = result.ok ? [] : result.problems.filter(({ setting }) => setting === name);
  return problems.map(({ setting, remedy }) => `${setting}: ${remedy}`);
}

export const subscriberRoutes = createRoutes().post(
  "/subscribers/test",
  authorize("admin"),
  optionalJsonBody(subscriberTestBody),
  async (context) => {
    const { eventSubscribers: all } = context.var.config;
    const { url } = context.req.valid("json");
    const asked = url === undefined ? all : all.filter((each) => each.url === URL.parse(url)?.href);
    const [subscriber, ...others] = asked;
    if (subscriber === undefined || others.length > 0) {
      const known = all.map((each) => each.url).join(", ") || "none is set";
      const detail = `must be one of EVENT_SUBSCRIBERS: ${known}`;
      return invalidRequest(context, [{ pointer: "/url", detail }]);
    }
    const { outcome, duration_ms } = await testSubscriber(subscriber, Date.now());
    const view: SubscriberTestView = {
      url: subscriber.url,
      delivered: outcome.kind === "delivered",
      reason: refusalOf(outcome),
      duration_ms,
    };
    return context.json(view, 200);
  },
);

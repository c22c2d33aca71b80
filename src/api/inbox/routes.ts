/** The inbox's own routes: sign in, sign out, who has signed in, and what has changed. */
import { jsonBody } from "../../http/body.ts";
import {
  authorize,
  findCaller,
  isWithinRate,
  RATE_LIMITED,
  withKnownQuery,
} from "../../http/middleware.ts";
import { invalidRequest, refuse } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { endSession, giveSession, identify } from "../../http/staff.ts";
import type { Problem } from "../../lib/problem.ts";
import { openSession } from "../../staff/session.ts";
import { listBusinessNumbers } from "../../store/business-numbers.ts";
import { newestChange } from "../../store/changes.ts";
import { sessionBody } from "./body.ts";
import { changesAfter, resetAt } from "./changes.ts";
import { closeFeedOf, parseAfter } from "./feed.ts";
import { describeNumbers } from "./numbers.ts";
import { buildOfPage } from "./page.ts";
import type { MeView } from "./schema.ts";
import { noteCaller } from "./staff.ts";

const SIGNED_IN_BY_ACCESS: Problem = {
  code: "not_found",
  detail: "Cloudflare Access signs in to this inbox; INBOX_SIGN_IN = token would take access keys.",
};

const WRONG_TOKEN: Problem = { code: "unauthorized", detail: "This access key is not known." };

const CANT_READ: Problem = {
  code: "forbidden",
  detail: 'This access key lacks the scope "read": its entry in API_TOKENS must grant it.',
};

export const sessionRoutes = createRoutes()
  .post("/inbox/session", withKnownQuery, jsonBody(sessionBody), async (context) => {
    const { config } = context.var;
    if (config.inboxSignIn.mode === "access") {
      return refuse(context, SIGNED_IN_BY_ACCESS);
    }
    const address = context.req.header("cf-connecting-ip") ?? "";
    if (!(await isWithinRate(context.env, `sign-in:${address}`))) {
      return refuse(context, RATE_LIMITED);
    }
    const token = await findCaller(config.apiTokens, context.req.valid("json").token);
    if (token === null) return refuse(context, WRONG_TOKEN);
    if (!token.scopes.has("read")) return refuse(context, CANT_READ);
    context.set("caller", token);
    giveSession(context, await openSession(token, Date.now()));
    return context.body(null, 204);
  })
  .delete("/inbox/session", withKnownQuery, async (context) => {
    const check = await identify(context);
    if (check.ok) await closeFeedOf(context.env, check.caller.name);
    endSession(context);
    return context.body(null, 204);
  });

export const ownRoutes = createRoutes()
  .get("/changes", authorize("read"), async (context) => {
    const { database } = context.var;
    const after = parseAfter(context.req.query("after"));
    if (!after.ok) return invalidRequest(context, after.errors);
    const { text } =
      after.value === null
        ? resetAt(await newestChange(database))
        : await changesAfter(database, after.value, Date.now());
    return context.body(text, 200, { "content-type": "application/json" });
  })
  .get("/me", authorize("read"), async (context) => {
    const { caller, config, database } = context.var;
    // Before all else: a page that loads lists after this answer misses nothing from here on.
    const seq = await newestChange(database);
    const known = await listBusinessNumbers(database);
    const ids = [...new Set([config.phoneNumberId, ...known])];
    const [numbers, version] = await Promise.all([
      describeNumbers(config, ids, Date.now()),
      buildOfPage(context),
      noteCaller(context),
    ]);
    const view: MeView = {
      name: caller?.name ?? "",
      scopes: [...(caller?.scopes ?? [])],
      sign_in: config.inboxSignIn.mode === "access" ? "access" : "token",
      numbers,
      time_zone: config.inboxTimeZone,
      mark_as_read: config.markAsRead,
      version,
      seq,
    };
    return context.json(view, 200);
  });

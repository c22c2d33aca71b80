import { Hono } from "hono";
import type { GraphContext, GraphEnvironment } from "../graph/graph-context.ts";
import { businessNumber, isBusinessAccount, refuse } from "../graph/graph-context.ts";
import { badParameter, graphError, unknownObject } from "../graph/graph-error.ts";
import { SIMULATED_APP } from "./business-account.ts";
import { phoneNumberObject } from "./phone-number-object.ts";

const MILLISECONDS_PER_SECOND = 1000;

const NEEDS_APP_TOKEN_CODE = 15;

/** What an operator asks Meta about the token, the app and the business number. */
export function accountRoutes(): Hono<GraphEnvironment> {
  const routes = new Hono<GraphEnvironment>();

  routes.get("/debug_token", (c) => {
    const asked = c.req.query("input_token");
    if (asked === undefined) {
      return refuse(c, badParameter("The parameter input_token is required."));
    }
    const { settings, account } = c.env.stage;
    const { tokenExpiresAt, tokenScopes } = account.state;
    if (asked !== settings.accessToken) {
      return c.json({ data: { is_valid: false, scopes: [] } });
    }
    return c.json({
      data: {
        app_id: SIMULATED_APP.id,
        application: SIMULATED_APP.name,
        type: "SYSTEM_USER",
        is_valid: true,
        expires_at:
          tokenExpiresAt === null ? 0 : Math.floor(tokenExpiresAt / MILLISECONDS_PER_SECOND),
        scopes: tokenScopes,
        granular_scopes: tokenScopes.map((scope) => ({
          scope,
          target_ids: [settings.businessAccountId],
        })),
      },
    });
  });

  routes.get(`/${SIMULATED_APP.id}/subscriptions`, (c) => {
    if (c.req.header("Authorization") !== `Bearer ${appToken(c)}`) {
      const message = "This method must be called with an app access_token.";
      return refuse(c, graphError(NEEDS_APP_TOKEN_CODE, message));
    }
    const { state, webhookFields } = c.env.stage.account;
    const { callbackUrl, webhookActive } = state;
    if (callbackUrl === null) return c.json({ data: [] });
    return c.json({
      data: [
        {
          object: "whatsapp_business_account",
          callback_url: callbackUrl,
          active: webhookActive,
          fields: webhookFields.map((name) => ({ name, version: c.req.param("version") })),
        },
      ],
    });
  });

  routes.get("/:id/subscribed_apps", (c) => {
    if (!isBusinessAccount(c, c.req.param("id"))) {
      return refuse(c, unknownObject(c.req.param("id")));
    }
    const { subscribed } = c.env.stage.account.state;
    return c.json({ data: subscribed ? [{ whatsapp_business_api_data: SIMULATED_APP }] : [] });
  });

  routes.on(["POST", "DELETE"], "/:id/subscribed_apps", (c) => {
    if (!isBusinessAccount(c, c.req.param("id"))) {
      return refuse(c, unknownObject(c.req.param("id")));
    }
    c.env.stage.account.change({ subscribed: c.req.method === "POST" });
    return c.json({ success: true });
  });

  routes.get("/:id", async (c, next) => {
    const number = businessNumber(c, c.req.param("id"));
    if (number === undefined) return next();
    const version = c.req.param("version") ?? "";
    const { state } = c.env.stage.account;
    const answer = phoneNumberObject(number, state, version, c.req.query("fields"));
    return answer.ok ? c.json(answer.body) : refuse(c, answer.error);
  });

  return routes;
}

/** What the app itself calls with: its id and its secret. */
export function appToken(c: GraphContext): string {
  return `${SIMULATED_APP.id}|${c.env.stage.settings.appSecret}`;
}

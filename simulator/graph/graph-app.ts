import type { MiddlewareHandler } from "hono";
import { Hono } from "hono";
import { accountRoutes, appToken } from "../account/account-routes.ts";
import { mediaDownloadRoute, mediaRoutes } from "../media/media-routes.ts";
import { messageRoutes } from "../sending/message-routes.ts";
import { templateRoutes } from "../templates/template-routes.ts";
import type { GraphEnvironment } from "./graph-context.ts";
import { refuse } from "./graph-context.ts";
import { invalidAccessToken, unknownObject } from "./graph-error.ts";

const VERSION = "/:version{v\\d+\\.\\d+}";

/** Meta's side of the Graph API: the routes that a WhatsApp business uses. */
export function graphApp(): Hono<GraphEnvironment> {
  const app = new Hono<GraphEnvironment>();
  app.use(bearerToken);
  app.route(VERSION, messageRoutes());
  app.route(VERSION, templateRoutes());
  app.route(VERSION, accountRoutes());
  // Last: its routes are a bare id, which any other path could be taken for.
  app.route(VERSION, mediaRoutes());
  app.route("/", mediaDownloadRoute());
  app.notFound((c) => refuse(c, unknownObject(c.req.path)));
  return app;
}

const bearerToken: MiddlewareHandler<GraphEnvironment> = async (c, next) => {
  const token = c.req.header("Authorization") ?? `Bearer ${c.req.query("access_token") ?? ""}`;
  const { settings, account } = c.env.stage;
  if (token === `Bearer ${settings.accessToken}` && account.tokenIsValid) return next();
  if (token === `Bearer ${appToken(c)}` && c.req.path.endsWith("/subscriptions")) return next();
  return refuse(c, invalidAccessToken());
};

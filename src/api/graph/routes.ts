/**
 * Routes for clients made for Meta's Graph API: they need only our base URL and one of our tokens. The
 * version in the path is not passed on to Meta.
 */
import { unexpected } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { refuse } from "./context.ts";
import { graphMediaRoutes } from "./media.ts";
import { graphMessageRoutes } from "./messages.ts";
import { graphTemplateRoutes } from "./templates.ts";

const VERSION = "/:version{v\\d+\\.\\d+}";

/** Whether the caller expects answers in Graph's shape, even if there is no such route. */
export function isGraphPath(path: string): boolean {
  return /^\/v\d+\.\d+(?:\/|$)/.test(path);
}

export const graphRoutes = createRoutes()
  .route(VERSION, graphMessageRoutes)
  .route(VERSION, graphTemplateRoutes)
  .route(VERSION, graphMediaRoutes)
  .onError((error, context) => refuse(context, unexpected(context, error)));

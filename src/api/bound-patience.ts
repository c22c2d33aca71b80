import { createMiddleware } from "hono/factory";
import { ANSWER_PATIENCE_MS, withPatience } from "../store/patient-d1.ts";
import type { ApiEnvironment } from "./api-environment.ts";

/** Lets no request wait for a D1 that hangs: it is answered 503 then. */
export const boundPatience = createMiddleware<ApiEnvironment>(async (context, next) => {
  context.env = withPatience(context.env, ANSWER_PATIENCE_MS);
  await next();
});

/** What the operator looks at: raw account events, and what could not be processed. */
import { Hono } from "hono";
import { listAccountEvents } from "../store/account-events.ts";
import { createDatabase } from "../store/database.ts";
import { listDeadLetters } from "../store/dead-letters.ts";
import type { JsonValue } from "../json.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { invalidRequest } from "./invalid-request.ts";
import { pageView, parsePage } from "./page.ts";
import { timestamp } from "./time.ts";

export const operatorRoutes = new Hono<ApiEnvironment>()
  .get("/v1/events", authorize("read"), async (context) => {
    const paged = parsePage(context.req.query());
    if (!paged.ok) return invalidRequest(context, paged.errors);
    const { limit, after } = paged.page;
    const rows = await listAccountEvents(createDatabase(context.env.DB), {
      field: context.req.query("field") ?? null,
      after: after === null ? null : { received_at: after.at, id: after.id },
      limit: limit + 1,
    });
    return context.json(
      pageView(
        rows,
        limit,
        ({ received_at, id }) => ({ at: received_at, id }),
        ({ value, received_at, ...row }) => ({
          ...row,
          value: parse(value),
          received_at: timestamp(received_at),
        }),
      ),
    );
  })
  .get("/v1/dead-letters", authorize("admin"), async (context) => {
    const paged = parsePage(context.req.query());
    if (!paged.ok) return invalidRequest(context, paged.errors);
    const { limit, after } = paged.page;
    const rows = await listDeadLetters(createDatabase(context.env.DB), {
      after: after?.id ?? null,
      limit: limit + 1,
    });
    return context.json(
      pageView(
        rows,
        limit,
        ({ created_at, id }) => ({ at: created_at, id }),
        ({ payload, created_at, ...row }) => ({
          ...row,
          payload: parse(payload),
          created_at: timestamp(created_at),
        }),
      ),
    );
  });

/** What was too deep to be written out again was kept as it came. */
function parse(text: string): JsonValue {
  return JSON.parse(text);
}

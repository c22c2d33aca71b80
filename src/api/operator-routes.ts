/** What the operator looks at: raw account events, and what could not be processed. */
import { Hono } from "hono";
import { listAccountEvents } from "../store/account-events.ts";
import { problemResponse } from "../http/problem.ts";
import { createDatabase } from "../store/database.ts";
import { listDeadLetters } from "../store/dead-letters.ts";
import { accountEventView } from "./account-event-view.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { invalidRequest, notFound } from "./invalid-request.ts";
import { replayDeadLetter } from "../upkeep/replay-dead-letter.ts";
import { pageView, parsePage } from "./page.ts";
import { timestamp } from "./time.ts";
import { withRawMember } from "./raw-member.ts";

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
    return rawPage(
      pageView(rows, limit, ({ received_at, id }) => ({ at: received_at, id }), accountEventView),
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
    return rawPage(
      pageView(
        rows,
        limit,
        ({ created_at, id }) => ({ at: created_at, id }),
        ({ payload, created_at, ...row }) =>
          withRawMember({ ...row, created_at: timestamp(created_at) }, "payload", payload),
      ),
    );
  })
  .post("/v1/dead-letters/:id/replay", authorize("admin"), async (context) => {
    const outcome = await replayDeadLetter(context.env, context.req.param("id"));
    switch (outcome.kind) {
      case "replayed":
        return context.json({ replayed: true });
      case "unknown":
        return notFound(context, "dead letter");
      case "refused": {
        const detail = `It still can't be processed and was kept: ${outcome.reason}.`;
        return problemResponse({ code: "invalid_request", detail }, context.var.requestId);
      }
    }
  });

/** A page whose rows are JSON already. */
function rawPage({ data, next_cursor }: { data: readonly string[]; next_cursor: string | null }) {
  const body = `{"data":[${data.join(",")}],"next_cursor":${JSON.stringify(next_cursor)}}`;
  return new Response(body, { headers: { "content-type": "application/json" } });
}

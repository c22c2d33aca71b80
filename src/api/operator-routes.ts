/** What the operator looks at: raw account events, and what could not be processed. */
import { Hono, type TypedResponse } from "hono";
import { listAccountEvents } from "../store/account-events.ts";
import { problemResponse } from "../http/problem.ts";
import { createDatabase } from "../store/database.ts";
import { listDeadLetters } from "../store/dead-letters.ts";
import { accountEventView } from "./account-event-view.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { notFound } from "./invalid-request.ts";
import { replayDeadLetter } from "../upkeep/replay-dead-letter.ts";
import type { AccountEventView, DeadLetterView } from "./schemas/operator-schemas.ts";
import { pageQuery } from "./page-query.ts";
import { pageView, parsePage, type PageQuery, type PageRequest, type PageResult } from "./page.ts";
import { timestamp } from "./time.ts";
import { withRawMember } from "./raw-member.ts";

export const operatorRoutes = new Hono<ApiEnvironment>()
  .get("/v1/events", authorize("read"), pageQuery(parseEventPage), async (context) => {
    const { limit, after, field } = context.req.valid("query");
    const rows = await listAccountEvents(createDatabase(context.env.DB), {
      field,
      after: after === null ? null : { received_at: after.at, id: after.id },
      limit: limit + 1,
    });
    return rawPage<AccountEventView>(
      pageView(rows, limit, ({ received_at, id }) => ({ at: received_at, id }), accountEventView),
    );
  })
  .get("/v1/dead-letters", authorize("admin"), pageQuery(parsePage), async (context) => {
    const { limit, after } = context.req.valid("query");
    const rows = await listDeadLetters(createDatabase(context.env.DB), {
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
  .post("/v1/dead-letters/:id/replay", authorize("admin"), async (context) => {
    const outcome = await replayDeadLetter(context.env, context.req.param("id"));
    switch (outcome.kind) {
      case "replayed":
        return context.json({ replayed: true }, 200);
      case "unknown":
        return notFound(context, "dead letter");
      case "refused": {
        const detail = `It still can't be processed and was kept: ${outcome.reason}.`;
        return problemResponse({ code: "invalid_request", detail }, context.var.requestId);
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

/** A page whose rows are the JSON of such views already. */
function rawPage<View>({
  data,
  next_cursor,
}: {
  data: readonly string[];
  next_cursor: string | null;
}): RawPage<View> {
  const body = `{"data":[${data.join(",")}],"next_cursor":${JSON.stringify(next_cursor)}}`;
  const response = new Response(body, { headers: { "content-type": "application/json" } });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Hono's client goes by exists in types alone
  return response as RawPage<View>;
}

/** Which page of a list is asked for: checked, and known by its type to the API's client. */
import { createMiddleware } from "hono/factory";
import type { Config } from "../config.ts";
import type { ProblemResponse } from "../http/problem.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { invalidRequest } from "./invalid-request.ts";
import type { PageRequest, PageResult } from "./page.ts";

type ParsePage = (
  query: Readonly<Record<string, string>>,
  config: Config,
) => PageResult<PageRequest<unknown>>;

type PageOf<Parse extends ParsePage> = Extract<ReturnType<Parse>, { ok: true }>["page"];

/** The page that `parse` reads from the query, whose parameter names what may be asked; else 422. */
export function pageQuery<Parse extends ParsePage>(parse: Parse) {
  type Asked = { in: { query: Parameters<Parse>[0] }; out: { query: PageOf<Parse> } };
  return createMiddleware<ApiEnvironment, string, Asked, ProblemResponse>(async (context, next) => {
    const parsed = parse(context.req.query(), context.var.config);
    if (!parsed.ok) return invalidRequest(context, parsed.errors);
    context.req.addValidatedData("query", parsed.page);
    await next();
    return undefined;
  });
}

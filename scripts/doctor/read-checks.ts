import * as v from "valibot";
import { createJsonClient } from "../client/json-client.ts";
import { PlainError } from "../client/plain-error.ts";

const result = v.picklist(["ok", "warn", "fail"]);

const examinationSchema = v.object({
  result,
  checks: v.array(
    v.object({ check: v.string(), what: v.string(), result, remedy: v.nullable(v.string()) }),
  ),
});

/** What `GET /v1/doctor` answers. */
export type Examination = v.InferOutput<typeof examinationSchema>;

const problemSchema = v.object({ detail: v.string() });

/** Fails with what to do where no examination comes. */
export async function readChecks(url: string, token: string): Promise<Examination> {
  const answer = await createJsonClient(url, token)
    .call("GET", "/v1/doctor")
    .catch(() => null);
  if (answer === null) {
    throw new PlainError(`Nobody answers at ${url}: is it deployed there, and the URL right?`);
  }
  const examination = v.safeParse(examinationSchema, answer.body);
  if (examination.success) return examination.output;
  const problem = v.safeParse(problemSchema, answer.body);
  const detail = problem.success ? problem.output.detail : "That is no Paloma, or an old one.";
  throw new PlainError(`${url} answered ${answer.status}. ${detail}`);
}

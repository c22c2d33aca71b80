/** The three commands, each one or more calls of the API, and what they print. */
import * as v from "valibot";
import type { JsonClient, Method } from "../client/json-client.ts";
import { PlainError } from "../client/plain-error.ts";

export const TEMPLATES_COMMANDS = ["push", "sync", "list"] as const;

export type TemplatesCommand = (typeof TEMPLATES_COMMANDS)[number];

/** What to print, and whether every template is where it should be. */
export type CommandOutcome = { lines: string[]; isWhole: boolean };

const key = { name: v.string(), language: v.string() };

const drift = v.array(v.object({ detail: v.string() }));

const pushed = v.object({
  data: v.array(
    v.object({
      ...key,
      outcome: v.picklist(["created", "exists", "refused", "failed"]),
      status: v.nullable(v.string()),
      category: v.nullable(v.string()),
      submitted_category: v.string(),
      meta_error: v.nullable(v.object({ message: v.string(), details: v.nullable(v.string()) })),
    }),
  ),
  drift,
});

const synced = v.object({ listed: v.number(), gone: v.array(v.object(key)), drift });

const listed = v.object({
  data: v.array(
    v.object({
      ...key,
      status: v.nullable(v.string()),
      category: v.nullable(v.string()),
      quality: v.nullable(v.string()),
    }),
  ),
  next_cursor: v.nullable(v.string()),
  drift,
});

const problem = v.object({ detail: v.string() });

const PAGE_SIZE = 200;

/** One more than the longest outcome, in characters. */
const OUTCOME_WIDTH = 8;

export async function runTemplatesCommand(
  command: TemplatesCommand,
  api: JsonClient,
): Promise<CommandOutcome> {
  switch (command) {
    case "push":
      return push(api);
    case "sync":
      return sync(api);
    case "list":
      return list(api);
  }
}

async function push(api: JsonClient): Promise<CommandOutcome> {
  const answer = await call(api, "POST", "/v1/templates/push", pushed);
  const lines = answer.data.map(({ name, language, outcome, ...template }) => {
    const { status, category, submitted_category: submitted, meta_error: error } = template;
    const isChanged = category !== null && category !== submitted;
    return [
      `${outcome.padEnd(OUTCOME_WIDTH)}${name} (${language})`,
      status,
      category,
      isChanged ? `(submitted as ${submitted})` : null,
      error && (error.details ?? error.message),
    ]
      .filter((part) => part !== null)
      .join(" ");
  });
  const isWhole = answer.data.every(({ outcome }) => outcome === "created" || outcome === "exists");
  return { lines: [...lines, ...driftLines(answer.drift)], isWhole };
}

async function sync(api: JsonClient): Promise<CommandOutcome> {
  const answer = await call(api, "POST", "/v1/templates/sync", synced);
  const gone = answer.gone.map(({ name, language }) => `gone: ${name} (${language})`);
  const lines = [`The account has ${answer.listed} templates.`, ...gone];
  return { lines: [...lines, ...driftLines(answer.drift)], isWhole: true };
}

async function list(api: JsonClient): Promise<CommandOutcome> {
  const lines: string[] = [];
  let cursor = "";
  for (;;) {
    const path = `/v1/templates?limit=${PAGE_SIZE}${cursor}`;
    const page = await call(api, "GET", path, listed);
    lines.push(
      ...page.data.map(({ name, language, ...template }) =>
        [`${name} (${language})`, template.status, template.category, template.quality]
          .filter((part) => part !== null)
          .join(" "),
      ),
    );
    if (page.next_cursor === null) {
      return { lines: [...lines.toSorted(), ...driftLines(page.drift)], isWhole: true };
    }
    cursor = `&cursor=${page.next_cursor}`;
  }
}

function driftLines(differences: v.InferOutput<typeof drift>): string[] {
  return differences.length === 0
    ? ["Code and account are the same."]
    : ["Code and account differ:", ...differences.map(({ detail }) => `  ${detail}`)];
}

/** The answer, or the Worker's own words for why not. */
async function call<Schema extends v.GenericSchema>(
  api: JsonClient,
  method: Method,
  path: string,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const { status, body } = await api.call(method, path);
  if (status === 200) return v.parse(schema, body);
  const refusal = v.safeParse(problem, body);
  throw new PlainError(`${status}: ${refusal.success ? refusal.output.detail : String(body)}`);
}

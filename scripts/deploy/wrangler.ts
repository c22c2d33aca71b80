/** The one seam to Cloudflare: everything that needs an account is a command of wrangler's. */
import { PlainError } from "../client/plain-error.ts";
import { startWrangler } from "../start/start-wrangler.ts";

export type WranglerAnswer = { parameters: readonly string[]; ok: boolean; output: string };

export type Wrangler = (parameters: readonly string[]) => Promise<WranglerAnswer>;

export const runWrangler: Wrangler = async (parameters) => {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const group = startWrangler(parameters, { onOutput: keep, onError: keep });
  const how = await group.ended;
  return { parameters, ok: how === "code 0", output: lines.join("\n") };
};

export function commandLine(parameters: readonly string[]): string {
  return ["npx wrangler", ...parameters].join(" ");
}

/** What it printed; fails with that where the command failed. */
export function requireSuccess({ parameters, ok, output }: WranglerAnswer): string {
  if (ok) return output;
  throw new PlainError(`This failed: ${commandLine(parameters)}\n${output}`);
}

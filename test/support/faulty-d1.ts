/** D1 that can be made to fail, as the Worker and its objects see it. */
import { env } from "cloudflare:workers";
import { vi } from "vitest";

export type D1Fault =
  | "none"
  /** Nothing reaches it. */
  | "refused"
  /** It does what it is asked, and the answer is lost. */
  | "answer_lost"
  /** It answers nobody. */
  | "hangs";

/** Every batch and statement from now on, until the mocks are restored. */
export function faultyD1(): { set: (fault: D1Fault) => void } {
  let current: D1Fault = "none";
  const afflict = (target: object, name: string): void => {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== "function") throw new Error(`D1 has no ${name}`);
    const spy = async function (this: unknown, ...parameters: unknown[]): Promise<unknown> {
      const fault = current;
      if (fault === "refused") throw new Error("D1_ERROR: D1 DB is overloaded.");
      if (fault === "hangs") await new Promise<never>(() => undefined);
      const result: unknown = await Reflect.apply(original, this, parameters);
      if (fault === "answer_lost") throw new Error("D1_ERROR: Network connection lost.");
      return result;
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name of the platform's own
    vi.spyOn(target as Record<string, () => unknown>, name).mockImplementation(spy);
  };
  afflict(Object.getPrototypeOf(env.DB), "batch");
  const statement: unknown = Object.getPrototypeOf(env.DB.prepare("SELECT 1"));
  if (typeof statement !== "object" || statement === null) throw new Error("no D1 statement");
  for (const name of ["run", "all", "raw", "first"]) afflict(statement, name);
  return {
    set(fault) {
      current = fault;
    },
  };
}

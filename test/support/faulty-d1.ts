/** D1 that can be made to fail, as the Worker and its objects see it. */
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { hang } from "./under-way.ts";

export type D1Fault =
  | "none"
  /** Nothing reaches it. */
  | "refused"
  /** It does what it is asked, and the answer is lost. */
  | "answer_lost"
  /** It answers nobody. */
  | "hangs";

/** What happens at a later question, once: before D1 has it or after its answer. */
export type Interruption = {
  /** So many questions pass before. */
  skipped: number;
  moment: "before" | "after";
  act: () => Promise<void>;
};

/** Every batch and statement from now on, until the mocks are restored. */
export function faultyD1(): {
  set: (fault: D1Fault) => void;
  /** Null takes back one that has not happened. */
  interrupt: (interruption: Interruption | null) => void;
  /** Answers one later question never; says whether it has been asked. */
  hangAfter: (skipped: number) => () => boolean;
} {
  let current: D1Fault = "none";
  let next: Interruption | null = null;
  const due = (): Interruption | null => {
    if (next === null) return null;
    const { skipped } = next;
    if (skipped > 0) {
      next = { ...next, skipped: skipped - 1 };
      return null;
    }
    const interruption = next;
    next = null;
    return interruption;
  };
  const afflict = (target: object, name: string): void => {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== "function") throw new Error(`D1 has no ${name}`);
    const spy = async function (this: unknown, ...parameters: unknown[]): Promise<unknown> {
      const fault = current;
      const interruption = due();
      if (interruption?.moment === "before") {
        await interruption.act();
        throw new Error("D1_ERROR: Network connection lost.");
      }
      if (fault === "refused") throw new Error("D1_ERROR: D1 DB is overloaded.");
      if (fault === "hangs") await hang();
      const result: unknown = await Reflect.apply(original, this, parameters);
      if (interruption !== null) await interruption.act();
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
    interrupt(interruption) {
      next = interruption;
    },
    hangAfter(skipped) {
      let isAsked = false;
      const act = async (): Promise<void> => {
        isAsked = true;
        await hang();
      };
      next = { skipped, moment: "before", act };
      return () => isAsked;
    },
  };
}

/** A script of the bench in a process of its own, so that its work is counted by itself. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";

/** What goes over the channel; both ends are ours. */
export type Asked<Question> = { id: number; question: Question };
export type Answered =
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; error: string };

/** The id of what a script says unasked, once it is up. */
export const GREETING_ID = 0;

export type Child = {
  pid: number;
  /** What it said once it was up. */
  greeting: unknown;
  /** Its answer; throws what went wrong there, or that it ended. */
  ask(question: unknown): Promise<unknown>;
  stop(): Promise<void>;
};

export type ChildOptions = {
  nodeOptions?: readonly string[];
  /** Variables beside those of this process. */
  environment?: Readonly<Record<string, string>>;
};

type Waiting = { resolve: (value: unknown) => void; reject: (error: Error) => void };

export async function startChild(
  script: string,
  parameter: unknown,
  { nodeOptions = [], environment = {} }: ChildOptions = {},
): Promise<Child> {
  const child = fork(script, [JSON.stringify(parameter)], {
    serialization: "advanced",
    execArgv: [...nodeOptions],
    env: { ...process.env, ...environment },
  });
  const waiting = new Map<number, Waiting>();
  const answerTo = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  child.on("message", (answered: Answered) => {
    const asker = waiting.get(answered.id);
    waiting.delete(answered.id);
    if (answered.ok) asker?.resolve(answered.value);
    else asker?.reject(new Error(`${basename(script)}: ${answered.error}`));
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.values()) {
      reject(new Error(`${basename(script)} ended with ${code}`));
    }
  });
  const ended = once(child, "exit");
  const greeting = await answerTo(GREETING_ID);
  let lastId = GREETING_ID;
  return {
    pid: child.pid ?? Number.NaN,
    greeting,
    ask(question) {
      lastId += 1;
      const asked: Asked<unknown> = { id: lastId, question };
      child.send(asked);
      return answerTo(asked.id);
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}

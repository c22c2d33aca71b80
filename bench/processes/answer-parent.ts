/** The other end of `startChild`: a script that answers its parent process. */
import { GREETING_ID, type Answered, type Asked } from "./start-child.ts";

/** Says that it is up and answers every question, several at a time. */
export function answerParent(
  greeting: unknown,
  answer: (question: never) => Promise<unknown>,
): void {
  process.on("message", ({ id, question }: Asked<never>) => {
    answer(question).then(
      (value) => say({ id, ok: true, value }),
      (error: unknown) => say({ id, ok: false, error: String(error) }),
    );
  });
  say({ id: GREETING_ID, ok: true, value: greeting });
}

function say(answered: Answered): void {
  process.send?.(answered);
}

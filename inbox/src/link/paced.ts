/** A busy hour changes something all the time. */
const PAUSE_MS = 1_000;

/** The same task, begun at once but not more often than the pause allows; a last call always counts. */
export function paced(task: () => unknown): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAskedAgain = false;
  const run = () => {
    isAskedAgain = timer !== undefined;
    if (isAskedAgain) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (isAskedAgain) run();
    }, PAUSE_MS);
    task();
  };
  return run;
}

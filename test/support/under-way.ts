/** What tests began in this workerd, which runs many files, and what of it still goes on. */

/** Some tests leave a call that nobody ever answers. */
const PATIENCE_MS = 1000;
/** A consumer ends by itself, and its queue waits for that; a machine under load is slow. */
const CONSUMER_PATIENCE_MS = 20_000;
const PAUSE_MS = 5;

export type Begun = {
  isInTest: boolean;
  /** Ids of the conversations that the test calls. */
  ofTest: Set<string>;
  /** Those that are called between tests, for all tests of the file. */
  ofFile: Set<string>;
  /** Requests, and calls of conversations. */
  calls: Set<symbol>;
  /** What a request leaves for after its answer. */
  afterAnswers: Set<symbol>;
  /** Batches of queues. */
  batches: Set<symbol>;
  /** Queue messages from before this time, in milliseconds, are of an earlier test. */
  since: number;
};

const BEGUN = Symbol.for("paloma.begun");

/** In real time, also where a test stops the clock. */
const wait = scheduler.wait.bind(scheduler);

/** One for the whole process, whatever file comes first. */
export const begun = ofProcess();

/** Notes the work in the set until it is settled. */
export function follow(work: unknown, underWay: Set<symbol>): unknown {
  if (!(work instanceof Promise)) return work;
  const mark = Symbol("work");
  underWay.add(mark);
  const end = (): boolean => underWay.delete(mark);
  void work.then(end, end);
  return work;
}

/** Resolves once no answer has anything left behind it. */
export function afterAnswers(): Promise<void> {
  return isEmpty(begun.afterAnswers, PATIENCE_MS);
}

/** Ends a test: what still goes on then is not waited for any longer, nor is what it left done. */
export async function endTest(): Promise<void> {
  await isEmpty(begun.batches, CONSUMER_PATIENCE_MS);
  await isEmpty(begun.calls, PATIENCE_MS);
  await afterAnswers();
  for (const each of [begun.batches, begun.calls, begun.afterAnswers, begun.ofTest]) each.clear();
  begun.isInTest = false;
  begun.since = Math.floor(performance.now());
}

/** Whether the alarm of an object is to be run: a test that still goes on calls it. */
export function isOfNow(object: unknown): boolean {
  const id = idIn(Reflect.get(Object(object), "ctx"));
  return id === null || begun.ofTest.has(id) || begun.ofFile.has(id);
}

/** The id of an object, from its stub or its state. */
export function idIn(holder: unknown): string | null {
  const id: DurableObjectId | undefined = Reflect.get(Object(holder), "id");
  return id?.toString() ?? null;
}

async function isEmpty(underWay: ReadonlySet<symbol>, patienceMs: number): Promise<void> {
  const end = performance.now() + patienceMs;
  while (underWay.size > 0 && performance.now() < end) await wait(PAUSE_MS);
}

function ofProcess(): Begun {
  const found: Begun | undefined = Reflect.get(globalThis, BEGUN);
  if (found !== undefined) return found;
  const first: Begun = {
    isInTest: false,
    ofTest: new Set(),
    ofFile: new Set(),
    calls: new Set(),
    afterAnswers: new Set(),
    batches: new Set(),
    since: 0,
  };
  Reflect.set(globalThis, BEGUN, first);
  return first;
}

/** What tests began in this workerd, which runs many files, and what of it still goes on. */
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";

/** All that a test begins ends by itself, or with the test; a machine under load is slow. */
const PATIENCE_MS = 20_000;
/** What is left behind an answer may wait for Meta much longer than a test goes on. */
const LEFT_PATIENCE_MS = 1000;
const PAUSE_MS = 5;

/** Work that is not settled, and the state of the object that is at it. */
type Mark = { state: object };

type UnderWay = {
  requests: Set<Mark>;
  /** Calls of conversations, and their alarms. */
  calls: Set<Mark>;
  /** What a request leaves for after its answer. */
  afterAnswers: Set<Mark>;
  /** Batches of queues. */
  batches: Set<Mark>;
};

type Kind = keyof UnderWay;

const KINDS: readonly Kind[] = ["requests", "calls", "afterAnswers", "batches"];

export type Begun = UnderWay & {
  isInTest: boolean;
  /** Ids of the conversations that the test calls. */
  ofTest: Set<string>;
  /** Those that are called between tests, for all tests of the file. */
  ofFile: Set<string>;
  /** States of objects that never go on. */
  stopped: WeakSet<object>;
  /** Until the test ends. */
  mayHang: boolean;
  /** Ends what the test makes hang. */
  hanging: Set<() => void>;
  /** Queue messages from before this time, in milliseconds, are of an earlier test. */
  since: number;
};

const BEGUN = Symbol.for("paloma.begun");

/** In real time, also where a test stops the clock. */
const wait = scheduler.wait.bind(scheduler);

/** One for the whole process, whatever file comes first. */
export const begun = ofProcess();

/** Notes the work in the set until it is settled. */
export function follow(work: unknown, underWay: Set<Mark>, state: object = begun): unknown {
  if (!(work instanceof Promise)) return work;
  const mark = { state };
  underWay.add(mark);
  const end = (): boolean => underWay.delete(mark);
  void work.then(end, end);
  return work;
}

/** Resolves once no answer has anything left behind it, or soon. */
export async function afterAnswers(): Promise<void> {
  await stillUnderWay(["afterAnswers"], LEFT_PATIENCE_MS);
}

/** Never answers while the test goes on, and breaks at its end, so that nothing waits into the next one. */
export function hang(): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(new Error("D1_ERROR: Network connection lost."));
    if (begun.mayHang) begun.hanging.add(end);
    else end();
  });
}

/** Stops every object at once, as a crash of the machine does: nothing of what they were at goes on. */
export async function stopAllObjects(): Promise<void> {
  const stopped = [...begun.calls];
  // None of it may ask D1 any more.
  begun.hanging.clear();
  await abortAllDurableObjects();
  for (const mark of stopped) begun.calls.delete(mark);
}

/** The same for one. */
export async function stopObject(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_object, state) => {
    begun.stopped.add(state);
    state.abort("stopped for a test");
  }).catch(() => undefined);
}

/**
 * Ends a test: waits for all that it began. What went on after that would write its rows, and call Meta, in
 * a later one.
 */
export async function endTest(patienceMs = PATIENCE_MS): Promise<void> {
  begun.mayHang = false;
  for (const end of begun.hanging) end();
  begun.hanging.clear();
  const goesOn = await stillUnderWay(KINDS, patienceMs);
  for (const kind of KINDS) begun[kind].clear();
  begun.ofTest.clear();
  begun.isInTest = false;
  begun.since = Math.floor(performance.now());
  if (goesOn.length > 0) throw new Error(`what the test began goes on: ${goesOn.join(", ")}`);
}

/** Whether the alarm of an object is to be run: a test that still goes on calls it. */
export function isOfNow(object: unknown): boolean {
  const id = idIn(stateOf(object));
  return id === null || begun.ofTest.has(id) || begun.ofFile.has(id);
}

/** The state of a running object. */
export function stateOf(object: unknown): object {
  return Object(Reflect.get(Object(object), "ctx"));
}

/** The id of an object, from its stub or its state. */
export function idIn(holder: unknown): string | null {
  const id: DurableObjectId | undefined = Reflect.get(Object(holder), "id");
  return id?.toString() ?? null;
}

/** The kinds of which something is still under way, after a wait for their end. */
async function stillUnderWay(kinds: readonly Kind[], patienceMs: number): Promise<Kind[]> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const underWay = kinds.filter((kind) =>
      [...begun[kind]].some(({ state }) => !begun.stopped.has(state)),
    );
    if (underWay.length === 0 || performance.now() > end) return underWay;
    await wait(PAUSE_MS);
  }
}

function ofProcess(): Begun {
  const found: Begun | undefined = Reflect.get(globalThis, BEGUN);
  if (found !== undefined) return found;
  const first: Begun = {
    isInTest: false,
    mayHang: false,
    ofTest: new Set(),
    ofFile: new Set(),
    requests: new Set(),
    calls: new Set(),
    afterAnswers: new Set(),
    batches: new Set(),
    hanging: new Set(),
    stopped: new WeakSet(),
    since: 0,
  };
  Reflect.set(globalThis, BEGUN, first);
  return first;
}

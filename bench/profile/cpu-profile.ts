/** V8's CPU profile of a Worker under load, through the inspector of its host. */

/** What the protocol calls `Profiler.Profile`, of which this is read. */
export type CpuProfile = {
  nodes: readonly ProfileNode[];
  /** The node that ran at each look. */
  samples: readonly number[];
  /** Microseconds from one look to the next. */
  timeDeltas: readonly number[];
};

export type ProfileNode = {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  children?: readonly number[];
};

/** Often enough for a few seconds; looking more often would slow down what is looked at. */
const LOOK_EVERY_US = 1000;

type Answer = { id: number; result: { profile?: CpuProfile } };

/** Profiles the Worker while the work goes on. */
export async function profileWhile(
  inspectorUrl: string,
  work: () => Promise<void>,
): Promise<CpuProfile> {
  const socket = new WebSocket(inspectorUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", reject, { once: true });
  });
  const answers = new Map<number, (result: Answer["result"]) => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result }: Answer = JSON.parse(String(data));
    answers.get(id)?.(result);
  });
  const ask = (method: string, params: object = {}): Promise<Answer["result"]> =>
    new Promise((resolve) => {
      const id = answers.size + 1;
      answers.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  try {
    await ask("Profiler.enable");
    await ask("Profiler.setSamplingInterval", { interval: LOOK_EVERY_US });
    await ask("Profiler.start");
    await work();
    const { profile } = await ask("Profiler.stop");
    if (profile === undefined) throw new Error("the inspector gave no profile");
    return profile;
  } finally {
    socket.close();
  }
}

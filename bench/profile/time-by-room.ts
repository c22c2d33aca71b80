/** Whose code a profile's time went to: the rooms of `src/`, and the packages in the bundle. Pure. */
import type { CpuProfile, ProfileNode } from "./cpu-profile.ts";

/** Where a line and column of the bundle (from 0) come from; undefined where the source map has nothing. */
export type FindSource = (line: number, column: number) => string | undefined;

const PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

const ROOM = /(?:^|\/)(src(?:\/[^/]+)?)\/[^/]+$/;

/** What V8 calls the time in which nothing ran. */
const IDLE = "(idle)";

const COLLECTOR = "(garbage collector)";

/** What runs without any code of the bundle: HTTP, calls between objects, the event loop. */
export const PLATFORM = "the platform";

/**
 * Milliseconds by room, the most first. What the runtime does for a function of ours, such as running its
 * SQL or sending its call, counts as that function's.
 */
export function timeByRoom(
  { nodes, samples, timeDeltas }: CpuProfile,
  findSource: FindSource,
): [room: string, ms: number][] {
  const roomOf = roomsOf(nodes, findSource);
  const total = new Map<string, number>();
  for (const [look, node] of samples.entries()) {
    const room = roomOf.get(node);
    if (room === undefined || room === IDLE) continue;
    total.set(room, (total.get(room) ?? 0) + (timeDeltas[look] ?? 0) / 1000);
  }
  return [...total].toSorted(([, one], [, other]) => other - one);
}

/** Of every node: its own, or that of its caller. */
function roomsOf(nodes: readonly ProfileNode[], findSource: FindSource): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const rooms = new Map<number, string>();
  const open: { node: ProfileNode; caller: string }[] = nodes
    .slice(0, 1)
    .map((node) => ({ node, caller: PLATFORM }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const room = ownRoom(next.node, findSource) ?? next.caller;
    rooms.set(next.node.id, room);
    for (const id of next.node.children ?? []) {
      const node = byId.get(id);
      if (node !== undefined) open.push({ node, caller: room });
    }
  }
  return rooms;
}

function ownRoom({ callFrame }: ProfileNode, findSource: FindSource): string | undefined {
  const { functionName, lineNumber, columnNumber } = callFrame;
  if (functionName === IDLE || functionName === COLLECTOR) return functionName;
  const source = isOfBundle(callFrame.url) ? findSource(lineNumber, columnNumber) : undefined;
  if (source === undefined) return undefined;
  return PACKAGE.exec(source)?.[1] ?? ROOM.exec(source)?.[1];
}

/** The runtime's own code has addresses such as `cloudflare-internal:d1-api`, or none. */
function isOfBundle(url: string): boolean {
  return url.startsWith("file:") || url.endsWith(".js");
}

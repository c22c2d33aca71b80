/** Results as rows of text: for the terminal and for Markdown alike. */
import type {
  BesideResult,
  ConsumerResult,
  JourneyProfile,
  JourneyResult,
  PeerResult,
  SideResult,
} from "../parts/measurement.ts";
import type { Spread } from "../statistics.ts";

/** Of all. */
const WORTH_TELLING = 0.01;

export const JOURNEY_HEAD = row([
  "one request is",
  "by",
  "requests/s",
  "events/s",
  "p50 ms",
  "p99 ms",
  "CPU ms a request",
  "ours to floor",
  "by CPU",
  "target",
]);

export function journeyLines(result: JourneyResult): string {
  const { name, eventsPerRequest, ours, floor, floorDoes, requestsRatio, cpuRatio, target } =
    result;
  const side = (who: string, what: string, of: SideResult, rest: string[]): string =>
    row([
      what,
      who,
      withSpread(of.requestsPerSecond, 0),
      Math.round(of.requestsPerSecond.median * eventsPerRequest).toLocaleString("en"),
      of.p50Ms.toFixed(1),
      of.p99Ms.toFixed(1),
      withSpread(of.cpuMsPerRequest, 2),
      ...rest,
    ]);
  return [
    side("Paloma", name, ours, [
      withSpread(requestsRatio, 2),
      withSpread(cpuRatio, 2),
      target === null ? "" : `≥ ${target}`,
    ]),
    side("floor", floorDoes ?? "", floor, ["", "", ""]),
  ].join("\n");
}

export const BESIDE_HEAD = row(["one request is", "by", "requests/s", "p50 ms", "p99 ms", "ratio"]);

export function besideLines({ name, ours, other, ratio }: BesideResult): string {
  const side = (who: string, what: string, of: BesideResult["ours"], last: string): string =>
    row([
      what,
      who,
      withSpread(of.requestsPerSecond, 0),
      of.p50Ms.toFixed(1),
      of.p99Ms.toFixed(1),
      last,
    ]);
  return [side("Paloma", name, ours, withSpread(ratio, 2)), side("the other", "", other, "")].join(
    "\n",
  );
}

export function consumerLine({ statusesPerSecond, cpuMsPerStatus }: ConsumerResult): string {
  const rate = withSpread(statusesPerSecond, 0);
  return `Statuses applied by the consumer: ${rate} a second, ${cpuMsPerStatus.toFixed(3)} ms of CPU each (target ≥ 3000 a second)`;
}

export function peerTable(peers: readonly PeerResult[]): string {
  return [
    ...head(["body", "by", "events dispatched", "CPU µs", "of it verifying", "of it the rest"]),
    ...peers.map(({ who, body, events, dispatched, wholeUs, unverifiedUs }) =>
      row([
        body,
        who,
        `${dispatched} of ${events}`,
        withSpread(wholeUs, 0),
        (wholeUs.median - unverifiedUs.median).toFixed(0),
        withSpread(unverifiedUs, 0),
      ]),
    ),
  ].join("\n");
}

/** A row for each room, a column for each journey; what is less than a hundredth of all is left out. */
export function profileTable(profiles: readonly JourneyProfile[]): string {
  const totals = profiles.map(({ rooms }) => sumOf(rooms));
  const names = new Set(profiles.flatMap(({ rooms }) => rooms.map(({ room }) => room)));
  const rows = [...names]
    .map((name) => ({
      name,
      ms: profiles.map(({ rooms }) => rooms.find(({ room }) => room === name)?.msARequest ?? 0),
    }))
    .filter(({ ms }) => ms.some((each, place) => each >= (totals[place] ?? 0) * WORTH_TELLING));
  return [
    ...head(["ms of CPU in", ...profiles.map(({ name }) => name)]),
    ...rows.map(({ name, ms }) => row([name, ...ms.map((each) => each.toFixed(3))])),
    row(["all of it", ...totals.map((each) => each.toFixed(3))]),
  ].join("\n");
}

function sumOf(rooms: JourneyProfile["rooms"]): number {
  return rooms.reduce((sum, { msARequest }) => sum + msARequest, 0);
}

/** The median, and in brackets the least and the greatest. */
export function withSpread({ median, least, greatest }: Spread, digits: number): string {
  const [middle, from, to] = [median, least, greatest].map((value) => value.toFixed(digits));
  return `${middle} (${from}–${to})`;
}

export function head(cells: readonly string[]): string[] {
  return [row(cells), row(cells.map(() => "---"))];
}

export function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/**
 * Loads Paloma and another server in turns by webhooks signed with `bench-app-secret`. The other one
 * can't be halted out of its turn, so what it does after its answers falls into ours.
 */
import { APP_SECRET, KNOWN_CUSTOMERS } from "../clinic.ts";
import type { Journey } from "../journeys.ts";
import { requestsOf } from "../load/bodies.ts";
import { PlainError } from "../../scripts/client/plain-error.ts";
import type { Pace } from "../pace.ts";
import type { Hosts } from "./hosts.ts";
import type { BesideResult } from "./measurement.ts";
import { knowCustomers, playInTurns, ratioOf, Side, sideResult } from "./side.ts";

export async function runBeside(
  { ours, loader }: Hosts,
  url: string,
  journeys: readonly Journey[],
  pace: Pace,
  onResult: (result: BesideResult) => void,
): Promise<void> {
  await expectWebhook(url);
  const paloma = { url: ours.url, pid: ours.child.pid };
  const other = { url, pid: null };
  await knowCustomers([paloma, other], loader, "100 texts of 100 customers", KNOWN_CUSTOMERS);
  for (const { name, ours: traffic, connections, firstRequests } of journeys) {
    const load = { connections, firstRequests };
    const one = new Side(paloma, traffic, load, pace.sleepers);
    const two = new Side(other, traffic, load, pace.sleepers);
    await playInTurns([one, two], loader, pace);
    onResult({
      name,
      ours: sideResult(one),
      other: sideResult(two),
      ratio: ratioOf(one, two, "requestsPerSecond"),
    });
  }
}

/** Throws what to change, where the server does not take a signed webhook. */
async function expectWebhook(url: string): Promise<void> {
  const [request] = requestsOf("a status", { first: 0, count: 1, sleepers: 1 });
  if (request === undefined) return;
  const { method, path, headers, body } = request;
  const answer = await fetch(new URL(path, url), { method, headers, body }).catch(
    (error: unknown) => error,
  );
  if (answer instanceof Response && answer.ok) return;
  const said = answer instanceof Response ? `answered ${answer.status}` : "did not answer";
  throw new PlainError(
    `${url} ${said} to POST ${path}: start it first, with the app secret ${APP_SECRET}.`,
  );
}

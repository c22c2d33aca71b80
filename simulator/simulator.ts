import type { Backstage } from "./backstage.ts";
import { backstage } from "./backstage.ts";
import { controlApp } from "./control/control-app.ts";
import type { ControlSurface } from "./control/control-surface.ts";
import { controlSurface } from "./control/control-surface.ts";
import { graphApp } from "./graph/graph-app.ts";
import { describeCall } from "./graph/graph-call.ts";
import { isJsonObject, parseJson } from "./json.ts";
import { seededRandom } from "./seeded-random.ts";
import type { SimulatorOptions } from "./settings.ts";
import { settingsFrom } from "./settings.ts";
import { effectsOn, LostConnection, troubledCall } from "./trouble/troubled-call.ts";

/** A stand-in for Meta's WhatsApp Cloud API. */
export interface Simulator extends ControlSurface {
  /** Takes Graph calls, and control calls under `/_simulator/`; a lost connection is a TypeError. */
  fetch(request: Request): Promise<Response>;
}

const CONTROL_PATH = "/_simulator/";
const JSON_TYPE = "application/json";

export function createSimulator(options: SimulatorOptions): Simulator {
  const settings = settingsFrom(options);
  // Outlives a reset, so that no id is ever given out twice.
  const random = seededRandom(settings.randomSeed);
  let stage: Backstage = backstage(settings, random);
  const graph = graphApp();

  const surface = controlSurface(
    () => stage,
    () => {
      stage.work.stop();
      stage = backstage(settings, random);
    },
  );
  const control = controlApp(surface);

  const isMedia = (id: string): boolean =>
    id !== settings.businessAccountId && settings.businessNumbers.every((each) => each.id !== id);

  async function graphCall(request: Request): Promise<Response> {
    const current = stage;
    const { pathname, searchParams } = new URL(request.url);
    const isJson = request.headers.get("Content-Type")?.startsWith(JSON_TYPE) === true;
    // Read once and handed on as text: an unread clone would stay in memory.
    const text = isJson ? await request.text() : null;
    const { method, headers } = request;
    const handled =
      text === null ? request : new Request(request.url, { method, headers, body: text || null });
    const body = text === null ? undefined : parseJson(text);
    const call = describeCall(method, pathname, isJsonObject(body) ? body : {}, isMedia);
    const effects = effectsOn(call, headers, current.rules);
    const outcome = await troubledCall(
      effects,
      current.work,
      () => current.identifiers.fbtraceId(),
      async () => graph.fetch(handled, { stage: current, effects }),
    );
    searchParams.delete("access_token");
    current.calls.push({
      ...call,
      query: searchParams.toString(),
      body,
      status: outcome.kind === "answered" ? outcome.response.status : null,
      errorCode: outcome.kind === "answered" ? await errorCodeOf(outcome.response) : null,
      at: settings.now(),
    });
    if (outcome.kind === "lost_connection") throw new LostConnection();
    return outcome.response;
  }

  return Object.assign(surface, {
    fetch: async (request: Request) =>
      new URL(request.url).pathname.startsWith(CONTROL_PATH)
        ? control.fetch(request)
        : graphCall(request),
  });
}

async function errorCodeOf(answer: Response): Promise<number | null> {
  if (answer.ok) return null;
  const body = parseJson(await answer.clone().text());
  const error = isJsonObject(body) ? body["error"] : undefined;
  return isJsonObject(error) && typeof error["code"] === "number" ? error["code"] : null;
}

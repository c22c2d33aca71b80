/** Looks up through the API what became of the things that a body said. */
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { eventually } from "../client/eventually.ts";
import type { JsonClient } from "../client/json-client.ts";
import { PlainError } from "../client/plain-error.ts";
import { deadLetterPage, eventPage, messageView, type MessageView } from "../client/views.ts";
import type { SaidThing } from "./body-contents.ts";

/** Where a thing was found, in words; `found` is false where it was not. */
export type StoredThing = { found: boolean; words: string };

/** Queues and alarms are done within this, or something is lost. */
const PATIENCE_MS = 8000;

const BODY_SHOWN_CHARACTERS = 40;

export class StoredThings {
  readonly #api: JsonClient;
  readonly #openedAt = Date.now();
  /** Dead letters that were there at first, and those that an earlier thing was found as. */
  readonly #takenLetters: Set<string>;

  private constructor(api: JsonClient, takenLetters: Set<string>) {
    this.#api = api;
    this.#takenLetters = takenLetters;
  }

  /** Lists the dead letters that are there already, so that later ones are known as new. */
  static async open(api: JsonClient): Promise<StoredThings> {
    const before = new StoredThings(api, new Set());
    return new StoredThings(api, new Set((await before.#deadLetters()).map(({ id }) => id)));
  }

  async find(thing: SaidThing): Promise<StoredThing> {
    return eventually(
      () => (thing.kind === "event" ? this.#lookForEvent(thing) : this.#lookForMessage(thing)),
      ({ found }) => found,
      PATIENCE_MS,
    );
  }

  async #lookForEvent({ field, value }: SaidThing & { kind: "event" }): Promise<StoredThing> {
    const path = `/v1/events?limit=200&field=${encodeURIComponent(field)}`;
    const { data } = v.parse(eventPage, await this.#read(path));
    const event = data.find((row) => isDeepStrictEqual(row.value, value));
    if (event === undefined) return { found: false, words: `event ${field}` };
    const isOld = Date.parse(event.received_at) < this.#openedAt;
    return { found: true, words: isOld ? `${field}, known since ${event.received_at}` : field };
  }

  async #lookForMessage(thing: Exclude<SaidThing, { kind: "event" }>): Promise<StoredThing> {
    const message = thing.wamid === null ? null : await this.#message(thing.wamid);
    if (thing.kind === "message" && message !== null) {
      return { found: true, words: describe(message) };
    }
    if (thing.kind === "status" && thing.wamid !== null && thing.status !== null) {
      const { status } = thing;
      // Recordings share wamids, which Meta does not: another number's message is not this one's.
      if (message === null || message.phone_number_id !== thing.phoneNumberId) {
        return { found: true, words: `${status}, waits for its message` };
      }
      if (message.statuses.some((recorded) => recorded.status === status)) {
        return { found: true, words: `${status} on ${message.id}` };
      }
    }
    const letter = (await this.#deadLetters()).find(
      ({ id, payload }) => !this.#takenLetters.has(id) && isDeepStrictEqual(payload, thing.value),
    );
    if (letter === undefined) {
      return { found: false, words: `${thing.kind} ${thing.wamid ?? "without an id"}` };
    }
    this.#takenLetters.add(letter.id);
    return { found: true, words: `dead letter: ${letter.reason}` };
  }

  async #message(wamid: string): Promise<MessageView | null> {
    const path = `/v1/messages/${encodeURIComponent(wamid)}`;
    const { status, body } = await this.#api.call("GET", path);
    return status === 200 ? v.parse(messageView, body) : null;
  }

  async #deadLetters() {
    return v.parse(deadLetterPage, await this.#read("/v1/dead-letters?limit=200")).data;
  }

  async #read(path: string): Promise<unknown> {
    const { status, body } = await this.#api.call("GET", path);
    if (status !== 200) {
      throw new PlainError(`GET ${path} was answered with ${status}: ${JSON.stringify(body)}`);
    }
    return body;
  }
}

function describe({ type, direction, body, contact }: MessageView): string {
  const { name, phone, user_id, wa_id } = contact;
  const address = phone ?? user_id ?? wa_id ?? "?";
  const who = name === null ? address : `${name} (${address})`;
  const text = body === null ? "" : ` ${JSON.stringify(shortened(body))}`;
  return `${type}${text} ${direction === "inbound" ? "from" : "to"} ${who}`;
}

function shortened(text: string): string {
  return text.length > BODY_SHOWN_CHARACTERS ? `${text.slice(0, BODY_SHOWN_CHARACTERS)}…` : text;
}

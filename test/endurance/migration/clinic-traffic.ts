import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import type { JsonObject } from "../../../src/lib/json.ts";
import { createJsonClient, type JsonClient } from "../../../scripts/client/json-client.ts";
import {
  API_TOKEN,
  APP_SECRET,
  BUSINESS_ACCOUNT_ID,
  BUSINESS_NUMBERS,
} from "../audit/local-clinic.ts";

/** Messages in one webhook; Meta sends up to 1,000. */
const MESSAGES_A_BODY = 250;

/** So that conversations are long: a person writes so many messages. */
const MESSAGES_A_CUSTOMER = 50;

/** One message in so many is an echo of the business's phone, and one a reaction. */
const ECHO_EVERY = 5;
const REACTION_EVERY = 17;

/** Sends under an idempotency key: those that wait for their time, and those that go at once. */
const SCHEDULED = 40;
const AT_ONCE = 10;

/** Of the 7 digits behind the area code. */
const FIRST_LINE = 3_000_000;

const REFUSED_BY_META = 422;

const WAMID_DIGITS = 20;

const DAY_MS = 24 * 60 * 60 * 1000;
const SECOND_MS = 1000;

/** Webhooks and calls as Meta and the business make them, the same ones each time. */
export class ClinicTraffic {
  readonly #url: string;
  readonly #client: JsonClient;
  readonly #messages: number;
  /** The messages are a second apart and end now. */
  readonly #firstAt: number;
  /** Texts to the business number that sends go out from. */
  readonly #answerable: readonly number[];

  constructor(url: string, messages: number) {
    this.#url = url;
    this.#client = createJsonClient(url, API_TOKEN, 60_000);
    this.#messages = messages;
    this.#firstAt = Date.now() - messages * SECOND_MS;
    this.#answerable = Array.from({ length: messages }, (_each, place) => place).filter(
      (place) => !isEcho(place) && this.#numberOf(place) === BUSINESS_NUMBERS[0],
    );
  }

  /** All messages, their statuses, and the sends. */
  async play(): Promise<void> {
    for (let from = 0; from < this.#messages; from += MESSAGES_A_BODY) await this.deliver(from);
    const tomorrow = new Date(Date.now() + DAY_MS).toISOString();
    for (let nth = 0; nth < SCHEDULED; nth += 1) await this.send(nth, tomorrow);
    for (let nth = 0; nth < AT_ONCE; nth += 1) await this.send(SCHEDULED + nth);
  }

  /** One body, and the statuses of the echoes in it. */
  async deliver(from: number): Promise<void> {
    const places = Array.from(
      { length: Math.min(MESSAGES_A_BODY, this.#messages - from) },
      (_each, place) => from + place,
    );
    for (const number of BUSINESS_NUMBERS) {
      const own = places.filter((place) => this.#numberOf(place) === number);
      const echoes = own.filter(isEcho);
      const metadata = {
        display_phone_number: number.displayPhoneNumber.replace(/\D/g, ""),
        phone_number_id: number.id,
      };
      const common = { messaging_product: "whatsapp", metadata };
      const received = own.filter((place) => !isEcho(place));
      await this.#post([
        {
          field: "messages",
          value: {
            ...common,
            contacts: received.map((place) => ({
              profile: { name: `Ana ${this.#customerOf(place)} Ñúñez` },
              wa_id: this.#waIdOf(place),
              user_id: this.#userIdOf(place),
            })),
            messages: received.map((place) => this.#received(place)),
          },
        },
        {
          field: "smb_message_echoes",
          value: { ...common, message_echoes: echoes.map((place) => this.#echo(place)) },
        },
      ]);
      await this.#post([
        {
          field: "messages",
          value: {
            ...common,
            statuses: echoes.flatMap((place) =>
              ["sent", "delivered", "read"].map((status) => ({
                id: this.#wamidOf(place),
                status,
                timestamp: this.#timestamp(place),
                recipient_id: this.#waIdOf(place),
              })),
            ),
          },
        },
      ]);
    }
  }

  /** An answer to the nth text; repeated, the same one. */
  async send(nth: number, sendAt?: string): Promise<void> {
    const place = this.#answerable[nth] ?? 0;
    const answer = await this.#client.call(
      "POST",
      "/v1/messages",
      {
        to: `+${this.#waIdOf(place)}`,
        text: { body: `Luna ya está lista (${place}).` },
        ...(sendAt === undefined ? {} : { send_at: sendAt }),
      },
      { "Idempotency-Key": `reminder-${place}` },
    );
    // The simulated Meta knows of no customer's text and refuses those that go at once: rows as good.
    const isTaken = answer.status < 300 || answer.status === REFUSED_BY_META;
    assert.ok(isTaken, `A send was refused: ${JSON.stringify(answer)}`);
  }

  /** How many conversations a walk through all pages shows, and how many of them the list of unread. */
  async countListed(query = ""): Promise<number> {
    const shown = new Set<string>();
    let cursor = "";
    do {
      const path = `/v1/conversations?limit=200${query}${cursor && `&cursor=${cursor}`}`;
      const { status, body } = await this.#client.call("GET", path);
      assert.equal(status, 200, JSON.stringify(body));
      const page = body as { data: { id: string }[]; next_cursor: string | null }; // oxlint-disable-line typescript/no-unsafe-type-assertion -- our own API
      for (const { id } of page.data) shown.add(id);
      cursor = page.next_cursor ?? "";
    } while (cursor !== "");
    return shown.size;
  }

  /** The message under a wamid, as the API shows it. */
  async look(place: number): Promise<void> {
    const { status, body } = await this.#client.call("GET", `/v1/messages/${this.#wamidOf(place)}`);
    assert.equal(status, 200, JSON.stringify(body));
  }

  #received(place: number): JsonObject {
    const common = {
      from: this.#waIdOf(place),
      from_user_id: this.#userIdOf(place),
      id: this.#wamidOf(place),
      timestamp: this.#timestamp(place),
    };
    return isReaction(place)
      ? {
          ...common,
          type: "reaction",
          reaction: { message_id: this.#wamidOf(place - 1), emoji: "🐾" },
        }
      : { ...common, type: "text", text: { body: `¿Hay lugar el lunes a las ${place}? Ñandú 🐕` } };
  }

  #echo(place: number): JsonObject {
    return {
      from: this.#numberOf(place).displayPhoneNumber.replace(/\D/g, ""),
      to: this.#waIdOf(place),
      id: this.#wamidOf(place),
      timestamp: this.#timestamp(place),
      type: "text",
      text: { body: `Sí, a las ${place}.` },
    };
  }

  /** The messages of all customers come mixed, two and two. */
  #customerOf(place: number): number {
    const pair = String(Math.floor(place / 2));
    const digest = createHash("sha256").update(pair).digest();
    return digest.readUInt32BE() % Math.ceil(this.#messages / MESSAGES_A_CUSTOMER);
  }

  #numberOf(place: number) {
    const [one, other] = BUSINESS_NUMBERS;
    return this.#customerOf(place) % 3 === 0 ? other : one;
  }

  #waIdOf(place: number): string {
    return `521998${FIRST_LINE + this.#customerOf(place)}`;
  }

  #userIdOf(place: number): string {
    return `MX.${this.#customerOf(place)}`;
  }

  /** As long as Meta's are. */
  #wamidOf(place: number): string {
    return `wamid.HBgNN${this.#waIdOf(place)}FQIAEhgg${String(place).padStart(WAMID_DIGITS, "0")}AA==`;
  }

  #timestamp(place: number): string {
    return String(Math.floor((this.#firstAt + place * SECOND_MS) / SECOND_MS));
  }

  async #post(changes: readonly JsonObject[]): Promise<void> {
    const body = JSON.stringify({
      object: "whatsapp_business_account",
      entry: [{ id: BUSINESS_ACCOUNT_ID, changes }],
    });
    const signature = createHmac("sha256", APP_SECRET).update(body).digest("hex");
    const { status } = await fetch(`${this.#url}/webhook`, {
      method: "POST",
      headers: { "X-Hub-Signature-256": `sha256=${signature}` },
      body,
    });
    assert.equal(status, 200);
  }
}

function isEcho(place: number): boolean {
  return place % ECHO_EVERY === 1;
}

/** To the message before, which is the same customer's. */
function isReaction(place: number): boolean {
  return place % REACTION_EVERY === 0 && place % 2 === 1;
}

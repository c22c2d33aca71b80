import type { WrittenMessages } from "../customers/written-messages.ts";
import { badParameter, graphError } from "../graph/graph-error.ts";
import { Parameter } from "../graph/parameter.ts";
import type { JsonObject } from "../json.ts";
import type { BusinessNumber, Settings } from "../settings.ts";
import type { GraphAnswer } from "./message-sender.ts";

/** Meta, "Mark messages as read": not for messages older than 30 days. */
const READ_MARK_MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;
const WAMID_MAX_CHARACTERS = 1024;

export interface ReadMark {
  readonly phoneNumberId: string;
  readonly wamid: string;
  readonly typing: boolean;
  /** Unix milliseconds. */
  readonly at: number;
}

/** `POST /{phone_number_id}/messages` with `status: "read"`. */
export interface ReadMarks {
  readonly all: readonly ReadMark[];
  mark(body: JsonObject, number: BusinessNumber): GraphAnswer;
}

export function readMarks(settings: Settings, written: WrittenMessages): ReadMarks {
  const all: ReadMark[] = [];

  return {
    all,
    mark(body, number) {
      const request = new Parameter(body);
      if (request.field("messaging_product").value !== "whatsapp") {
        request.refuse(badParameter("The parameter messaging_product is required."));
      }
      request.field("status").oneOf(["read"]);
      const wamid = request.field("message_id").text({ most: WAMID_MAX_CHARACTERS });
      const typing = request.field("typing_indicator");
      if (typing.given) typing.field("type").oneOf(["text"]);

      const message = written.find(wamid);
      const at = settings.now();
      if (message === undefined || message.phoneNumberId !== number.id) {
        request.refuse(graphError(131009, `Message ${wamid} was not received by this number.`));
      } else if (at - message.at > READ_MARK_MAX_AGE_MS) {
        request.refuse(graphError(131009, `Message ${wamid} is older than 30 days.`));
      }
      if (request.refusal !== null) return { ok: false, error: request.refusal };
      all.push({ phoneNumberId: number.id, wamid, typing: typing.given, at });
      return { ok: true, body: { success: true } };
    },
  };
}

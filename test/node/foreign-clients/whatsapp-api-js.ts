import * as v from "valibot";
import { WhatsAppAPI } from "whatsapp-api-js";
import {
  ActionButtons,
  ActionList,
  Audio,
  Body,
  BodyComponent,
  BodyParameter,
  Button,
  Contacts,
  Document,
  Image,
  Interactive,
  ListSection,
  Location,
  Name,
  Phone,
  Reaction,
  Row,
  Sticker,
  Template,
  Text,
  Video,
} from "whatsapp-api-js/messages";
import type { ClientMessage } from "whatsapp-api-js/types";
import type { ForeignClient, MessageType, Place } from "./foreign-client.ts";
import { GREETING, LINK } from "./foreign-client.ts";

/** The host that the library has built in. */
const BUILT_IN = "https://graph.facebook.com";

const refusal = v.object({ code: v.number(), error_data: v.object({ details: v.string() }) });

/** The error that an answer of the library's holds. */
class Refused extends Error {
  readonly answer: v.InferOutput<typeof refusal>;
  constructor(answer: Refused["answer"]) {
    super(answer.error_data.details);
    this.answer = answer;
  }
}

export function whatsappApiJs({ url, token, version, phoneNumberId }: Place): ForeignClient {
  const api = new WhatsAppAPI({
    token,
    secure: false,
    v: version,
    // Its only way to another base URL.
    ponyfill: {
      fetch: (input: Request | URL | string, init?: RequestInit) => {
        const { url: address } = input instanceof Request ? input : new Request(input);
        return fetch(address.replace(BUILT_IN, url), init);
      },
    },
  });

  async function deliver(to: string, message: ClientMessage, replyTo?: string) {
    const { messages, contacts } = accepted(
      await api.sendMessage(phoneNumberId, to, message, replyTo),
    );
    return { id: messages[0].id, waId: contacts[0].wa_id };
  }

  return {
    text: (to, body, replyTo) => deliver(to, new Text(body), replyTo),
    send: (type, to, known) => deliver(to, messageOf(type, known)),
    async markAsRead(id) {
      return accepted(await api.markAsRead(phoneNumberId, id)).success;
    },
    async showTyping(id) {
      return accepted(await api.markAsRead(phoneNumberId, id, "text")).success;
    },
    async upload(file) {
      const form = new FormData();
      form.set("file", file);
      return accepted(await api.uploadMedia(phoneNumberId, form)).id;
    },
    async lookUp(id) {
      const facts = accepted(await api.retrieveMedia(id, phoneNumberId));
      return {
        url: facts.url,
        mimeType: facts.mime_type,
        sha256: facts.sha256,
        fileSize: Number(facts.file_size),
      };
    },
    async download(facts) {
      return new Uint8Array(await (await api.fetchMedia(facts.url)).arrayBuffer());
    },
    async deleteMedia(id) {
      return accepted(await api.deleteMedia(id, phoneNumberId)).success;
    },
    async refusal(call) {
      const failure: unknown = await call().catch((error: unknown) => error);
      if (!(failure instanceof Refused)) throw new Error("it was not refused");
      return { code: failure.answer.code, details: failure.answer.error_data.details };
    },
  };
}

function messageOf(
  type: MessageType,
  { wamid, mediaId }: { wamid: string; mediaId: string },
): ClientMessage {
  switch (type) {
    case "text":
      return new Text(GREETING);
    case "image":
      return new Image(mediaId, true, "Luna");
    case "audio":
      return new Audio(`${LINK}/voz.ogg`);
    case "video":
      return new Video(`${LINK}/luna.mp4`, false, "Luna");
    case "document":
      return new Document(`${LINK}/receta.pdf`, false, "Receta", "receta.pdf");
    case "sticker":
      return new Sticker(`${LINK}/gato.webp`);
    case "location":
      return new Location(-86.85, 21.16, "Pet-Friendly", "Cancún");
    case "contacts":
      return new Contacts([new Name("Ana Ñúñez", "Ana"), new Phone("+529982220001", "CELL")]);
    case "buttons":
      return new Interactive(
        new ActionButtons(new Button("si", "Sí"), new Button("no", "No")),
        new Body("¿Confirmas?"),
      );
    case "list":
      return new Interactive(
        new ActionList("Horas", new ListSection(undefined, new Row("10", "10:00"))),
        new Body("¿A qué hora?"),
      );
    case "reaction":
      return new Reaction(wamid, "👍");
    case "template":
      return new Template(
        "appointment_reminder",
        "es_MX",
        new BodyComponent(
          new BodyParameter("Ana"),
          new BodyParameter("Luna"),
          new BodyParameter("lunes"),
          new BodyParameter("10:00"),
        ),
      );
  }
}

/** The library gives refusals back like anything else. */
function accepted<Answer extends object>(answer: Answer): Exclude<Answer, { error: unknown }> {
  if ("error" in answer) throw new Refused(v.parse(refusal, answer.error));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- "in" does not narrow a type parameter
  return answer as Exclude<Answer, { error: unknown }>;
}

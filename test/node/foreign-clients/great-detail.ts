import { Client } from "@great-detail/whatsapp";
import * as v from "valibot";
import type { MessageType, Place, Sent, TemplateClient } from "./foreign-client.ts";
import { GREETING, LINK } from "./foreign-client.ts";

/** What the library's errors hold: Graph's answer, read. */
const refused = v.object({
  error: v.object({ code: v.number(), error_data: v.object({ details: v.string() }) }),
});

export function greatDetail({ url, token, version, phoneNumberId }: Place): TemplateClient {
  const sdk = new Client({
    baseUrl: url,
    // Its requests resolve against this, and without the slash the version would be left out.
    graphVersion: `${version}/`,
    request: { headers: { authorization: `Bearer ${token}` } },
  });
  type Options = Parameters<typeof sdk.message.createMessage>[0];

  async function deliver(message: object): Promise<Sent> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types want its own enum for "text"
    const options = { phoneNumberID: phoneNumberId, ...message } as Options;
    const { messages, contacts } = await sdk.message.createMessage(options).json();
    return { id: messages[0]?.id ?? "", waId: contacts[0]?.wa_id };
  }

  return {
    text: (to, body, replyTo) =>
      deliver({
        to,
        type: "text",
        text: { body },
        ...(replyTo === undefined ? {} : { context: { message_id: replyTo } }),
      }),
    send: (type, to, known) => deliver({ to, ...contentOf(type, known) }),
    async markAsRead(message_id) {
      const status = { phoneNumberID: phoneNumberId, message_id, status: "read" } as const;
      return (await sdk.message.createStatus(status).json()).success === true;
    },
    async showTyping(message_id) {
      const status = { phoneNumberID: phoneNumberId, message_id, status: "read" } as const;
      const typing_indicator = { type: "text" } as const;
      return (
        (await sdk.message.createStatus({ ...status, typing_indicator }).json()).success === true
      );
    },
    async upload(file) {
      const uploaded = await sdk.media
        .upload({ phoneNumberID: phoneNumberId, file, filename: file.name, mimeType: file.type })
        .json();
      return uploaded.id;
    },
    async lookUp(mediaID) {
      const facts = await sdk.media.getURL({ mediaID, phoneNumberID: phoneNumberId }).json();
      return {
        url: facts.url,
        mimeType: facts.mime_type,
        sha256: facts.sha256,
        fileSize: Number(facts.file_size),
      };
    },
    async download({ url: mediaURL }) {
      // It names Meta's own media host otherwise, whatever the URL says.
      const request = { headers: { host: new URL(mediaURL).host } };
      return new Uint8Array(await sdk.media.download({ mediaURL, request }).arrayBuffer());
    },
    async deleteMedia(mediaID) {
      return (await sdk.media.delete({ mediaID, phoneNumberID: phoneNumberId }).json()).success;
    },
    async templateNames(accountId) {
      const { data } = await sdk.template.list(accountId, { fields: ["name", "status"] }).json();
      return data.map(({ name }) => name);
    },
    async refusal(call) {
      const failure: unknown = await call().catch((error: unknown) => error);
      const answer: unknown = failure instanceof Error && "data" in failure ? failure.data : null;
      const { error } = v.parse(refused, answer);
      return { code: error.code, details: error.error_data.details };
    },
  };
}

function contentOf(type: MessageType, { wamid, mediaId }: { wamid: string; mediaId: string }) {
  switch (type) {
    case "text":
      return { type, text: { body: GREETING } };
    case "image":
      return { type, image: { id: mediaId, caption: "Luna" } };
    case "audio":
      return { type, audio: { link: `${LINK}/voz.ogg` } };
    case "video":
      return { type, video: { link: `${LINK}/luna.mp4` } };
    case "document":
      return { type, document: { link: `${LINK}/receta.pdf`, filename: "receta.pdf" } };
    case "sticker":
      return { type, sticker: { link: `${LINK}/gato.webp` } };
    case "location":
      return { type, location: { latitude: 21.16, longitude: -86.85, name: "Pet-Friendly" } };
    case "contacts": {
      const name = { formatted_name: "Ana Ñúñez", first_name: "Ana" };
      return { type, contacts: [{ name, phones: [{ phone: "+529982220001", type: "CELL" }] }] };
    }
    case "buttons": {
      const buttons = [{ type: "reply", reply: { id: "si", title: "Sí" } }];
      const interactive = { type: "button", body: { text: "¿Confirmas?" }, action: { buttons } };
      return { type: "interactive", interactive };
    }
    case "list": {
      const action = { button: "Horas", sections: [{ rows: [{ id: "10", title: "10:00" }] }] };
      const interactive = { type: "list", body: { text: "¿A qué hora?" }, action };
      return { type: "interactive", interactive };
    }
    case "reaction":
      return { type, reaction: { message_id: wamid, emoji: "👍" } };
    case "template": {
      const parameters = ["Ana", "Luna", "lunes", "10:00"].map((text) => ({ type: "text", text }));
      const components = [{ type: "body", parameters }];
      const template = { name: "appointment_reminder", language: { code: "es_MX" }, components };
      return { type, template };
    }
  }
}

import { GraphApiError, WhatsAppClient } from "@kapso/whatsapp-cloud-api";
import type { Place, Sent, TemplateClient } from "./foreign-client.ts";
import { GREETING, LINK } from "./foreign-client.ts";

export function kapso({ url, token, version, phoneNumberId }: Place): TemplateClient {
  const { messages, media, templates } = new WhatsAppClient({
    accessToken: token,
    baseUrl: url,
    graphVersion: version,
  });
  type Answer = Awaited<ReturnType<typeof messages.sendText>>;

  const sent = ({ messages: [message], contacts: [contact] }: Answer): Sent => ({
    id: message?.id ?? "",
    waId: contact?.waId,
  });

  return {
    text: async (to, body, replyTo) =>
      sent(
        await messages.sendText({
          phoneNumberId,
          to,
          body,
          ...(replyTo === undefined ? {} : { contextMessageId: replyTo }),
        }),
      ),
    async send(type, to, { wamid, mediaId }) {
      const base = { phoneNumberId, to };
      switch (type) {
        case "text":
          return sent(await messages.sendText({ ...base, body: GREETING, previewUrl: false }));
        case "image":
          return sent(
            await messages.sendImage({ ...base, image: { id: mediaId, caption: "Luna" } }),
          );
        case "audio":
          return sent(await messages.sendAudio({ ...base, audio: { link: `${LINK}/voz.ogg` } }));
        case "video":
          return sent(await messages.sendVideo({ ...base, video: { link: `${LINK}/luna.mp4` } }));
        case "document": {
          const document = { link: `${LINK}/receta.pdf`, filename: "receta.pdf" };
          return sent(await messages.sendDocument({ ...base, document }));
        }
        case "sticker":
          return sent(
            await messages.sendSticker({ ...base, sticker: { link: `${LINK}/gato.webp` } }),
          );
        case "location": {
          const location = { latitude: 21.16, longitude: -86.85, name: "Pet-Friendly" };
          return sent(await messages.sendLocation({ ...base, location }));
        }
        case "contacts": {
          const name = { formattedName: "Ana Ñúñez", firstName: "Ana" };
          const contacts = [{ name, phones: [{ phone: "+529982220001", type: "CELL" }] }];
          return sent(await messages.sendContacts({ ...base, contacts }));
        }
        case "buttons": {
          const buttons = [
            { id: "si", title: "Sí" },
            { id: "no", title: "No" },
          ];
          return sent(
            await messages.sendInteractiveButtons({ ...base, bodyText: "¿Confirmas?", buttons }),
          );
        }
        case "list": {
          const sections = [{ rows: [{ id: "10", title: "10:00" }] }];
          const texts = { bodyText: "¿A qué hora?", buttonText: "Horas" };
          return sent(await messages.sendInteractiveList({ ...base, ...texts, sections }));
        }
        case "reaction":
          return sent(
            await messages.sendReaction({ ...base, reaction: { messageId: wamid, emoji: "👍" } }),
          );
        case "template": {
          const parameters = ["Ana", "Luna", "lunes", "10:00"].map((text) => ({
            type: "text",
            text,
          }));
          const template = {
            name: "appointment_reminder",
            language: { code: "es_MX" },
            components: [{ type: "body", parameters }],
          };
          return sent(await messages.sendTemplate({ ...base, template }));
        }
      }
    },
    async markAsRead(messageId) {
      return (await messages.markRead({ phoneNumberId, messageId })).success;
    },
    async showTyping(messageId) {
      const typingIndicator = { type: "text" } as const;
      return (await messages.markRead({ phoneNumberId, messageId, typingIndicator })).success;
    },
    async upload(file) {
      const uploaded = await media.upload({
        phoneNumberId,
        type: file.type,
        file,
        fileName: file.name,
      });
      return uploaded.id;
    },
    async lookUp(mediaId) {
      const facts = await media.get({ mediaId, phoneNumberId });
      return { ...facts, fileSize: Number(facts.fileSize) };
    },
    async download({ url: link }) {
      const mediaId = new URL(link).pathname.split("/").at(-1) ?? "";
      const bytes = await media.download({ mediaId, phoneNumberId, as: "arrayBuffer" });
      if (!(bytes instanceof ArrayBuffer)) throw new Error("it gave no bytes");
      return new Uint8Array(bytes);
    },
    async deleteMedia(mediaId) {
      return (await media.delete({ mediaId, phoneNumberId })).success;
    },
    async templateNames(businessAccountId) {
      const names: string[] = [];
      let after: string | null | undefined;
      do {
        const page = await templates.list({
          businessAccountId,
          limit: 2,
          ...(after ? { after } : {}),
        });
        names.push(...page.data.map(({ name }) => name));
        after = page.paging?.next ? page.paging.cursors?.after : null;
      } while (after);
      return names;
    },
    async refusal(call) {
      const failure: unknown = await call().catch((error: unknown) => error);
      if (!(failure instanceof GraphApiError)) throw new Error("it was not refused");
      return { code: failure.code, details: failure.details };
    },
  };
}

/** Schemas that stand in the reference under a name of their own, wherever they are used. */
import { contactSchema, personSchema } from "../api/schemas/contact-schema.ts";
import { conversationSchema } from "../api/schemas/conversation-schema.ts";
import { graphErrorSchema } from "../api/schemas/graph-schemas.ts";
import { mediaSchema } from "../api/schemas/media-schema.ts";
import { messageSchema, messageWithStatusesSchema } from "../api/schemas/message-schema.ts";
import { metaErrorSchema } from "../api/schemas/meta-error-schema.ts";
import { accountEventSchema } from "../api/schemas/operator-schemas.ts";
import { problemSchema } from "../api/schemas/problem-schema.ts";
import { sendBody } from "../api/schemas/send-bodies.ts";
import { templateDriftSchema, templateSchema } from "../api/schemas/template-schemas.ts";
import { contentSchemas } from "../messages/message-content.ts";

const { text, image, video, audio, document, sticker } = contentSchemas;
const { interactive, location, contacts, reaction, template } = contentSchemas;

export const namedSchemas = {
  SendMessage: sendBody,
  TextContent: text,
  TemplateContent: template,
  ImageContent: image,
  VideoContent: video,
  AudioContent: audio,
  DocumentContent: document,
  StickerContent: sticker,
  InteractiveContent: interactive,
  LocationContent: location,
  ContactsContent: contacts,
  ReactionContent: reaction,
  Message: messageSchema,
  MessageWithStatuses: messageWithStatusesSchema,
  Conversation: conversationSchema,
  Person: personSchema,
  Contact: contactSchema,
  Media: mediaSchema,
  AccountEvent: accountEventSchema,
  Template: templateSchema,
  TemplateDrift: templateDriftSchema,
  Problem: problemSchema,
  MetaError: metaErrorSchema,
  GraphError: graphErrorSchema,
};

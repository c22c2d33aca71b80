/**
 * Schemas that stand in the reference under a name of their own, wherever they are used. So does each
 * alternative of a union with a name: generators make a class of each, and a name for it else.
 */
import { contactSchema, personSchema } from "../api/schemas/contact-schema.ts";
import { conversationSchema } from "../api/schemas/conversation-schema.ts";
import { readMarkSchema } from "../api/graph/graph-read-mark.ts";
import { graphErrorSchema } from "../api/schemas/graph-schemas.ts";
import { mediaSchema } from "../api/schemas/media-schema.ts";
import { messageSchema, messageWithStatusesSchema } from "../api/schemas/message-schema.ts";
import { metaErrorSchema } from "../api/schemas/meta-error-schema.ts";
import { accountEventSchema } from "../api/schemas/operator-schemas.ts";
import { problemSchema } from "../api/schemas/problem-schema.ts";
import { batchMessage, graphSendBody, sendBody } from "../api/schemas/send-bodies.ts";
import { templateDriftSchema, templateSchema } from "../api/schemas/template-schemas.ts";
import { ctaUrlInteractive } from "../messages/cta-url-interactive.ts";
import { otherInteractive } from "../messages/interactive-content.ts";
import { listInteractive } from "../messages/list-interactive.ts";
import { locationRequestInteractive } from "../messages/location-request-interactive.ts";
import { contentSchemas } from "../messages/message-content.ts";
import { replyButtonsInteractive } from "../messages/reply-buttons-interactive.ts";

const { text, image, video, audio, document, sticker } = contentSchemas;
const { interactive, location, contacts, reaction, template } = contentSchemas;

export const namedSchemas = {
  SendMessage: sendBody,
  BatchMessage: batchMessage,
  TextContent: text,
  TemplateContent: template,
  ImageContent: image,
  VideoContent: video,
  AudioContent: audio,
  DocumentContent: document,
  StickerContent: sticker,
  InteractiveContent: interactive,
  ReplyButtonsInteractive: replyButtonsInteractive,
  ListInteractive: listInteractive,
  CtaUrlInteractive: ctaUrlInteractive,
  LocationRequestInteractive: locationRequestInteractive,
  OtherInteractive: otherInteractive,
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
  GraphSendMessage: graphSendBody,
  GraphReadMark: readMarkSchema,
  GraphError: graphErrorSchema,
};

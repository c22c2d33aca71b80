/**
 * The calls this service makes to Meta's Graph API.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
 */
import type { Config } from "../config/config.ts";
import { sha256Hex } from "../lib/bytes.ts";
import { type JsonObject, objectMember, objectsMember, textMember } from "../lib/json.ts";
import { multipartFile, type OutgoingFile } from "./multipart.ts";
import { textsToRedact } from "./redact.ts";
import { type GraphResult, requestJson, requestStream, withoutAnswer } from "./request.ts";
import { graphUrl, mayReceiveToken, mediaUrl } from "./url.ts";

export type { GraphFailure, GraphResult } from "./request.ts";

/** Meta's answer to a message that it accepts. */
type SentMessage = {
  wamid: string;
  /** The recipient in Meta's spelling. */
  wa_id: string | null;
  user_id: string | null;
  message_status: string | null;
};

/** What Meta reports of a media object. */
export type MediaInfo = {
  /** Valid for 5 minutes, and only with the token. */
  url: string;
  mime_type: string;
  /** Lower-case hex. */
  sha256: string | null;
  /** In bytes. */
  file_size: number | null;
};

/** A page of templates, each as Meta's own object. */
export type TemplatePage = {
  data: readonly JsonObject[];
  /** Null on an empty page. */
  cursors: { before: string; after: string } | null;
  /** Whether there is a page after this one, and before it. */
  next: boolean;
  previous: boolean;
  /** The totals over all templates that the query asked for. */
  summary: JsonObject | null;
};

/** A page of 200 templates with everything Meta allows in one. */
const TEMPLATE_PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Returns failures of Meta and the network as values with their class; never throws them. */
export type GraphClient = {
  /** Sends a message object as it is. After an `ambiguous` failure Meta may have sent it. */
  sendMessage(phoneNumberId: string, body: JsonObject): Promise<GraphResult<SentMessage>>;
  /** Marks an inbound message and all before it as read; `typing` shows the indicator for 25 s. */
  markAsRead(
    phoneNumberId: string,
    wamid: string,
    options: { typing: boolean; /** Other members for Meta. */ beside?: JsonObject },
  ): Promise<GraphResult<{ success: true }>>;
  /** Uploads a file; messages can name its id for 30 days. */
  uploadMedia(phoneNumberId: string, file: OutgoingFile): Promise<GraphResult<{ id: string }>>;
  /** Asks for a new download URL; with a number, Meta answers only for that number's media. */
  mediaInfo(phoneNumberId: string | null, mediaId: string): Promise<GraphResult<MediaInfo>>;
  /** Whether a URL from `mediaInfo` is on one of Meta's hosts. */
  mayDownload(url: string): boolean;
  /** Deletes media: no message can name it any more. With a number, only that number's media. */
  deleteMedia(
    phoneNumberId: string | null,
    mediaId: string,
  ): Promise<GraphResult<{ success: true }>>;
  /** One page of an account's templates; the query has Graph's own parameters. */
  listTemplates(
    businessAccountId: string,
    query: Readonly<Record<string, string>>,
  ): Promise<GraphResult<TemplatePage>>;
  /** Opens a URL from `mediaInfo`, only on Meta's hosts; `range` is the Range header. */
  download(url: string, range: string | null): Promise<GraphResult<Response>>;
};

/** 100 MiB at 1 MB/s, plus the time that Meta needs to store it. */
const UPLOAD_TIMEOUT_MS = 150_000;

/** A client that uses the configured token. */
export function createGraphClient(config: Config): GraphClient {
  return {
    sendMessage: (phoneNumberId, body) =>
      requestJson(
        config,
        {
          url: graphUrl(config, phoneNumberId, "messages"),
          init: jsonPost(body),
          withheld: () => textsToRedact(body),
        },
        readSentMessage,
      ),

    markAsRead(phoneNumberId, wamid, { typing, beside = {} }) {
      const body = {
        ...beside,
        messaging_product: "whatsapp",
        status: "read",
        message_id: wamid,
        ...(typing ? { typing_indicator: { type: "text" } } : {}),
      };
      return requestJson(
        config,
        {
          url: graphUrl(config, phoneNumberId, "messages"),
          init: jsonPost(body),
          withheld: () => textsToRedact(beside),
        },
        readSuccess,
      );
    },

    uploadMedia(phoneNumberId, file) {
      const { contentType, body } = multipartFile(file);
      return requestJson(
        config,
        {
          url: graphUrl(config, phoneNumberId, "media"),
          init: { method: "POST", headers: { "content-type": contentType }, body },
          timeoutMs: UPLOAD_TIMEOUT_MS,
        },
        (answer) => {
          const id = textMember(answer, "id");
          return id === null ? null : { id };
        },
      );
    },

    mediaInfo: (phoneNumberId, mediaId) =>
      requestJson(
        config,
        {
          url: mediaUrl(config, mediaId, phoneNumberId),
        },
        readMediaInfo,
      ),

    mayDownload: (url) => downloadTarget(config, url) !== null,
    deleteMedia: (phoneNumberId, mediaId) =>
      requestJson(
        config,
        {
          url: mediaUrl(config, mediaId, phoneNumberId),
          init: { method: "DELETE" },
        },
        readSuccess,
      ),

    listTemplates: (businessAccountId, query) =>
      requestJson(
        config,
        {
          url: graphUrl(config, businessAccountId, "message_templates", query),
          answerBytesMax: TEMPLATE_PAGE_BYTES_MAX,
        },
        readTemplatePage,
      ),

    async download(url, range) {
      const target = downloadTarget(config, url);
      if (target === null) {
        return withoutAnswer("permanent", "Not fetched: the download URL is not on Meta's hosts");
      }
      return requestStream(config, {
        url: target,
        // With compression the length and the range would not be the file's.
        init: { headers: { "accept-encoding": "identity", ...(range === null ? {} : { range }) } },
      });
    },
  };
}

function downloadTarget(config: Config, url: string): URL | null {
  const target = URL.parse(url);
  return target !== null && mayReceiveToken(config, target) ? target : null;
}

/** A request with a JSON body. */
export function jsonPost(body: JsonObject): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

function readSuccess(answer: JsonObject): { success: true } | null {
  return answer["success"] === true ? { success: true } : null;
}

function readSentMessage(answer: JsonObject): SentMessage | null {
  const [message] = objectsMember(answer, "messages");
  const [contact] = objectsMember(answer, "contacts");
  const wamid = textMember(message, "id");
  if (wamid === null) return null;
  return {
    wamid,
    wa_id: textMember(contact, "wa_id"),
    user_id: textMember(contact, "user_id"),
    message_status: textMember(message, "message_status"),
  };
}

function readTemplatePage(answer: JsonObject): TemplatePage | null {
  if (!Array.isArray(answer["data"])) return null;
  const paging = objectMember(answer, "paging");
  const cursors = objectMember(paging, "cursors");
  const before = textMember(cursors, "before");
  const after = textMember(cursors, "after");
  return {
    data: objectsMember(answer, "data"),
    cursors: before === null || after === null ? null : { before, after },
    next: textMember(paging, "next") !== null,
    previous: textMember(paging, "previous") !== null,
    summary: objectMember(answer, "summary"),
  };
}

function readMediaInfo(answer: JsonObject): MediaInfo | null {
  const url = textMember(answer, "url");
  if (url === null) return null;
  const sha256 = textMember(answer, "sha256");
  const size = Number(textMember(answer, "file_size") ?? Number.NaN);
  return {
    url,
    mime_type: textMember(answer, "mime_type") ?? "application/octet-stream",
    sha256: sha256 === null ? null : sha256Hex(sha256),
    file_size: Number.isSafeInteger(size) && size >= 0 ? size : null,
  };
}

/** A refusal in the shape of Meta's error body (Graph API, "Error codes"). */
export interface GraphError {
  readonly code: number;
  readonly subcode?: number | undefined;
  readonly httpStatus: number;
  readonly type: "OAuthException" | "GraphMethodException";
  readonly message: string;
  readonly details: string;
  /** Shown to people in Meta's own tools; template submission sets it. */
  readonly userTitle?: string | undefined;
  readonly isTransient?: boolean | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

type Extras = Partial<
  Pick<GraphError, "subcode" | "httpStatus" | "userTitle" | "isTransient" | "retryAfterSeconds">
>;

/** Titles of the Cloud API's error codes ("Cloud API error codes" in Meta's documentation). */
const TITLES: Readonly<Record<number, string>> = {
  1: "API Unknown",
  2: "API Service",
  4: "API Too Many Calls",
  10: "Permission Denied",
  17: "User request limit reached",
  32: "Page request limit reached",
  100: "Invalid parameter",
  341: "Application limit reached",
  613: "Calls to this api have exceeded the rate limit.",
  190: "Access token has expired",
  368: "Temporarily blocked for policies violations",
  80007: "Rate limit issues",
  80008: "There have been too many calls to this WhatsApp Business account.",
  130429: "Rate limit hit",
  130472: "User's number is part of an experiment",
  131000: "Something went wrong",
  131005: "Access denied",
  131008: "Required parameter is missing",
  131009: "Parameter value is not valid",
  131016: "Service unavailable",
  131026: "Message undeliverable",
  131030: "Recipient phone number not in allowed list",
  131031: "Account has been locked",
  131042: "Business eligibility payment issue",
  131047: "Re-engagement message",
  131048: "Spam rate limit hit",
  131049: "This message was not delivered to maintain healthy ecosystem engagement.",
  131050: "User has stopped marketing messages from this business",
  131051: "Unsupported message type",
  131052: "Media download error",
  131053: "Media upload error",
  131056: "(Business Account, Consumer Account) pair rate limit hit",
  131062: "Business-scoped user id recipients are not supported for this message",
  132000: "Number of parameters does not match the expected number of params",
  132001: "Template name does not exist in the translation",
  132012: "Parameter format does not match format in the created template",
  132015: "Template is paused",
  132016: "Template is disabled",
  132018: "There is an issue with the parameters in your template",
};

const UNAUTHORIZED = 401;
const BAD_REQUEST = 400;
const UNKNOWN_OBJECT_SUBCODE = 33;

export function errorTitle(code: number): string {
  return TITLES[code] ?? "Generic user error";
}

export function graphError(code: number, details: string, extras: Extras = {}): GraphError {
  return {
    code,
    httpStatus: BAD_REQUEST,
    type: "OAuthException",
    message: `(#${code}) ${errorTitle(code)}`,
    details,
    ...extras,
  };
}

/** A bad parameter that Meta names in the message itself. */
export function badParameter(sentence: string): GraphError {
  return { ...graphError(100, sentence), message: `(#100) ${sentence}` };
}

export function invalidAccessToken(): GraphError {
  const message = "Invalid OAuth access token - Cannot parse access token";
  return { ...graphError(190, message, { httpStatus: UNAUTHORIZED }), message };
}

/** Graph's refusal of an id that is unknown or belongs to another account. */
export function unknownObject(id: string): GraphError {
  const message = `Unsupported request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`;
  return {
    ...graphError(100, message, { subcode: UNKNOWN_OBJECT_SUBCODE }),
    type: "GraphMethodException",
    message,
  };
}

export function graphErrorResponse(error: GraphError, fbtraceId: string): Response {
  const body = {
    error: {
      message: error.message,
      type: error.type,
      code: error.code,
      error_subcode: error.subcode,
      is_transient: error.isTransient,
      error_user_title: error.userTitle,
      error_user_msg: error.userTitle === undefined ? undefined : error.details,
      error_data: { messaging_product: "whatsapp", details: error.details },
      fbtrace_id: fbtraceId,
    },
  };
  const headers = new Headers();
  if (error.retryAfterSeconds !== undefined) {
    headers.set("Retry-After", String(error.retryAfterSeconds));
  }
  return Response.json(body, { status: error.httpStatus, headers });
}

/** Bodies come as they are: nothing here unpacks them. */
import type { Problem } from "./problem.ts";

/** 415 for a body that its sender compressed (RFC 9110, section 8.4); null where it came as it is. */
export function encodingProblem({ headers }: Request): Problem | null {
  const encodings = (headers.get("content-encoding") ?? "")
    .split(",")
    .map((encoding) => encoding.trim().toLowerCase());
  if (encodings.every((encoding) => encoding === "" || encoding === "identity")) return null;
  return {
    code: "unsupported_media_type",
    detail:
      "The body is compressed, as its Content-Encoding says: send it as it is, without that header.",
    headers: { "accept-encoding": "identity" },
  };
}

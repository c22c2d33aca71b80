import type { FieldError } from "../../src/lib/problem.ts";
import { type MessageContent, parseSendRequest } from "../../src/send/request.ts";
import { readPhone } from "../support/read-phone.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");

/** What parsing a message of this type finds wrong with its content. */
export function contentErrors(type: string, content: unknown): FieldError[] {
  const result = parseSendRequest({ to: "+529982220001", type, [type]: content }, NOW, readPhone);
  return result.ok ? [] : result.errors;
}

/** The content as it would be sent; null if it is refused. */
export function parsedContent(type: string, content: unknown): MessageContent | null {
  const result = parseSendRequest({ to: "+529982220001", type, [type]: content }, NOW, readPhone);
  return result.ok ? result.request.content : null;
}

/** So many characters, each of two UTF-16 units. */
export function characters(count: number): string {
  return "🐕".repeat(count);
}

/**
 * The service that other Workers of the account call by a service binding: it sends and reads on the
 * same path as HTTP, without a token. Refusals are results; it throws nothing.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import * as v from "valibot";
import { readConfig } from "../../http/middleware.ts";
import { internalProblem, invalidProblem, unknownProblem } from "../../http/problems.ts";
import type { JsonValue } from "../../lib/json.ts";
import { type Problem, problemBody } from "../../lib/problem.ts";
import { checkValue } from "../../lib/validate.ts";
import { sendMessage } from "../../send/send.ts";
import { findConversation } from "../../store/conversations.ts";
import { ANSWER_PATIENCE_MS, createDatabase, withD1Timeout } from "../../store/d1.ts";
import { conversationPage, parseConversationPage } from "../conversations/list.ts";
import { conversationView } from "../conversations/view.ts";
import { sendResult } from "../messages/answer.ts";
import { answerBatch, type Asking, readBatchEntry } from "../messages/read.ts";
import { describeMessage, messageView } from "../messages/view.ts";
import { requestObject } from "../schema.ts";
import type {
  BatchResult,
  ConversationListResult,
  ConversationQuery,
  ConversationResult,
  MessageResult,
  MessageToSend,
  PalomaBinding,
  PalomaProps,
  Refused,
  SendMessageResult,
} from "./types.ts";

/**
 * The value as it would have come over HTTP: RPC carries more than JSON, such as a Date, which becomes
 * text. Null if the value can't be written as JSON, which no route accepts.
 */
function plainJson(value: unknown): JsonValue {
  try {
    return JSON.parse(JSON.stringify(value) ?? "null");
  } catch {
    return null;
  }
}

const text = v.optional(v.string());

/** Over HTTP all values of a query are text; here they have types. */
const conversationQuery = requestObject({
  status: text,
  unread: v.optional(v.boolean()),
  owner: text,
  contact: text,
  phone_number_id: text,
  q: text,
  view: text,
  include: text,
  limit: v.optional(v.number()),
  cursor: text,
});

const NO_CALLER: Problem = {
  code: "unauthorized",
  detail:
    'Name the calling Worker in its service binding: props = { caller = "reminders" } in its wrangler.toml.',
};

/** A call that is being answered. */
type Call = Asking & { requestId: string };

export class PalomaService extends WorkerEntrypoint<Env, PalomaProps> implements PalomaBinding {
  constructor(context: ExecutionContext<PalomaProps>, env: Env) {
    super(context, withD1Timeout(env, ANSWER_PATIENCE_MS));
  }

  /** Sends a message; answers once Meta has accepted or refused it, or once it waits. */
  async send(message: MessageToSend): Promise<SendMessageResult> {
    return this.#answer("send", async (call) => {
      const reading = await readBatchEntry(plainJson(message), call);
      if (!reading.ok) return refused(invalidProblem(reading.errors), call);
      const { request, phoneNumberId, claim } = reading.entry;
      const result = sendResult(await sendMessage(this.env, request, phoneNumberId, claim));
      return result.ok
        ? { ok: true, message: messageView(result.row), replayed: result.replayed }
        : refused(result.problem, call);
    });
  }

  /** Queues 1 to 500 messages, which leave in their order; answers before they do. */
  async sendBatch(messages: readonly MessageToSend[]): Promise<BatchResult> {
    return this.#answer("sendBatch", async (call) => {
      const answer = await answerBatch(this.env, plainJson(messages), call, call.requestId);
      return answer.ok ? answer : refused(invalidProblem(answer.errors), call);
    });
  }

  /** A message by our id or by wamid, with all statuses. */
  async getMessage(id: string): Promise<MessageResult> {
    return this.#answer("getMessage", async (call) => {
      const message = await describeMessage(createDatabase(this.env), idOf(id));
      return message === null ? refused(unknownProblem("message"), call) : { ok: true, message };
    });
  }

  /** A conversation by id; the id of a merged one answers with the one that it became part of. */
  async getConversation(id: string): Promise<ConversationResult> {
    return this.#answer("getConversation", async (call) => {
      const row = await findConversation(createDatabase(this.env), idOf(id));
      return row === null
        ? refused(unknownProblem("conversation"), call)
        : { ok: true, conversation: conversationView(row, Date.now()) };
    });
  }

  /** A page, newest first; `next_cursor` is the `cursor` of the next. */
  async listConversations(query: ConversationQuery = {}): Promise<ConversationListResult> {
    return this.#answer("listConversations", async (call) => {
      const asked = checkValue(conversationQuery, plainJson(query), []);
      if (!asked.ok) return refused(invalidProblem(asked.errors), call);
      const given = Object.entries(asked.value).map(([name, value]) => [name, String(value)]);
      const { caller, config } = call;
      const name = caller?.name ?? "";
      const parsed = parseConversationPage(Object.fromEntries(given), config, name);
      if (!parsed.ok) return refused(invalidProblem(parsed.errors), call);
      const page = await conversationPage(createDatabase(this.env), parsed.page);
      return page.ok ? page : refused(invalidProblem(page.errors), call);
    });
  }

  async #answer<Result>(
    method: string,
    work: (call: Call) => Promise<Result | Refused>,
  ): Promise<Result | Refused> {
    const requestId = crypto.randomUUID();
    const reading = readConfig(this.env);
    const { caller } = this.ctx.props;
    if (!reading.ok) return refused(reading.problem, { requestId });
    if (typeof caller !== "string" || caller === "") return refused(NO_CALLER, { requestId });
    const { config } = reading;
    try {
      return await work({ config, caller: { name: caller }, requestId });
    } catch (error) {
      return refused(internalProblem(error, { request_id: requestId, method }), { requestId });
    }
  }
}

/** RPC checks no types: a value that is no text is no id. */
function idOf(given: unknown): string {
  return typeof given === "string" ? given : "";
}

function refused(problem: Problem, { requestId }: { requestId: string }): Refused {
  return { ok: false, problem: problemBody(problem, requestId) };
}

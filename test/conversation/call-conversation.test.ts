import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { callConversation } from "../../src/conversation/client.ts";

const id = env.CONVERSATION.newUniqueId();

/** Fails with these errors in turn and then succeeds; counts the stubs it was given. */
async function callFailing(...errors: unknown[]) {
  const stubs = new Set<unknown>();
  const left = [...errors];
  const result = await callConversation(env.CONVERSATION, id, (stub) => {
    stubs.add(stub);
    return left.length > 0 ? Promise.reject(left.shift()) : Promise.resolve("done");
  }).catch((error: unknown) => error);
  return { result, stubs: stubs.size };
}

const failure = (members: object) => Object.assign(new Error("broken"), members);

describe("a call to a conversation's object", () => {
  it("is made once where it succeeds", async () => {
    expect(await callFailing()).toEqual({ result: "done", stubs: 1 });
  });

  it("is repeated once, with a new stub, where the platform says that this may help", async () => {
    const retryable = failure({ retryable: true });
    expect(await callFailing(retryable)).toEqual({ result: "done", stubs: 2 });
    expect(await callFailing(retryable, retryable)).toEqual({ result: retryable, stubs: 2 });
    expect(await callFailing(failure({ retryable: true, overloaded: false }))).toMatchObject({
      result: "done",
    });
  });

  it.each([
    ["an overloaded object", failure({ retryable: true, overloaded: true })],
    ["an error of our own", failure({})],
    ["an error that is not retryable", failure({ retryable: false })],
    ["something that is no error", "broken"],
  ])("is not repeated after %s", async (_what, error) => {
    expect(await callFailing(error)).toEqual({ result: error, stubs: 1 });
  });
});

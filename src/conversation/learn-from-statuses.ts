/** Statuses tell by what a person is known: their conversation learns what is new of it. */
import type { NewlyNamed } from "../store/newly-named.ts";
import { callConversation } from "./call-conversation.ts";
import { toldBy } from "./told-identity.ts";

/** May be repeated; throws what an object throws. */
export async function learnFromStatuses(env: Env, named: readonly NewlyNamed[]): Promise<void> {
  const byConversation = Map.groupBy(named, ({ conversation_id }) => conversation_id);
  await Promise.all(
    [...byConversation].map(async ([id, told]) => {
      const objectId = env.CONVERSATION.idFromString(id);
      // What several statuses say alike is one thing to learn, as of the last of them.
      const facts = new Map(
        told.toSorted((one, other) => one.at - other.at).map((each) => [each.people.join(), each]),
      );
      for (const { people, at } of facts.values()) {
        const fact = toldBy(people, at);
        await callConversation(env.CONVERSATION, objectId, (stub) => stub.learn(fact));
      }
    }),
  );
}

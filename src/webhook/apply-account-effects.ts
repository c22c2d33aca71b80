/** Carries out what account events change: templates and preferences in D1, the rest at objects. */
import { callConversation } from "../conversation/call-conversation.ts";
import { conversationName } from "../customer/address.ts";
import type { Database } from "../store/database.ts";
import { keepMarketingPreferences } from "../store/contacts.ts";
import { keepTemplateUpdates } from "../store/templates.ts";
import type { AccountEffect } from "./account-effect.ts";

/** Every effect may be repeated; throws what D1 or an object throws. */
export async function applyAccountEffects(
  env: Env,
  database: Database,
  effects: readonly AccountEffect[],
): Promise<void> {
  await Promise.all([
    keepTemplateUpdates(
      database,
      effects.filter((effect) => effect.kind === "template"),
    ),
    keepMarketingPreferences(
      database,
      effects.filter((effect) => effect.kind === "marketing"),
    ),
    ...effects.map((effect) => tellConversation(env, effect)),
  ]);
}

async function tellConversation(env: Env, effect: AccountEffect): Promise<void> {
  switch (effect.kind) {
    case "template":
    case "marketing":
      return;
    case "call": {
      const { phoneNumberId, address, at, told } = effect;
      const id = env.CONVERSATION.idFromName(conversationName(phoneNumberId, address));
      await callConversation(env.CONVERSATION, id, (stub) =>
        stub.receiveCall(phoneNumberId, address, at, told),
      );
      return;
    }
    case "identity":
      // The conversation may stand under any of them, or nowhere.
      for (const address of effect.told.addresses) {
        const name = conversationName(effect.phoneNumberId, address);
        const id = env.CONVERSATION.idFromName(name);
        const { told } = effect;
        if (await callConversation(env.CONVERSATION, id, (stub) => stub.learn(told))) return;
      }
  }
}

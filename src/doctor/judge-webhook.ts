/** Whether what happens at Meta comes here: the four places where it gets lost. */
import type { WebhookSubscription } from "../graph/account-client.ts";
import type { GraphResult } from "../graph/graph-request.ts";
import { fail, ok, unknown, warn, type Verdict } from "./verdict.ts";

/** Of the app secrets, as many may be old ones as are being rotated. */
export function judgeAppSecret(answers: readonly GraphResult<unknown>[]): Verdict {
  const accepted = answers.filter((answer) => answer.ok).length;
  if (accepted === answers.length) return ok("Meta knows the app by its secret.");
  if (accepted > 0) {
    return ok(`Meta knows the app by ${accepted} of ${answers.length} secrets.`);
  }
  const [first] = answers;
  const status = first === undefined || first.ok ? null : first.error.http_status;
  if (status === null || status >= 500) return unknown("Meta gave no answer about the app");
  return fail(
    "Meta does not know the app by WHATSAPP_APP_SECRET: every webhook is signed with another one and refused with 403.",
    "Copy the secret from the app's dashboard (App settings → Basic) of the very app that the access token belongs to.",
  );
}

/**
 * Where Meta posts to, and what.
 *
 * @param numberCallback the address that holds for this number, where Meta told one
 * @param ownCallback this Worker's address as the doctor was asked
 */
export function judgeWebhook(
  subscription: WebhookSubscription | "none",
  numberCallback: string | null,
  ownCallback: string,
): Verdict {
  const enter = `Enter ${ownCallback} and the verify token in the app's dashboard (Use cases → Customize → Configuration)`;
  if (subscription === "none") {
    return fail("Meta has no webhook address for this app.", `${enter}.`);
  }
  if (!subscription.active) return fail("The app's webhook is switched off.", `${enter} again.`);
  if (!subscription.fields.includes("messages")) {
    return fail(
      "The address is verified, but the field messages is not subscribed: neither messages nor statuses are sent.",
      "Subscribe to the field messages in the app's dashboard (Use cases → Customize → Configuration → Webhook fields).",
    );
  }
  const callback = numberCallback ?? subscription.callback_url;
  return callback === ownCallback
    ? ok(`Meta has verified ${ownCallback} and posts ${subscription.fields.join(", ")}.`)
    : warn(
        `Meta posts to ${callback ?? "an address it does not tell"}, and this is ${ownCallback}.`,
        `If that is not another name of this Worker: ${enter}.`,
      );
}

/** The one step that the dashboard does not do for you. */
export function judgeSubscription(apps: readonly string[], appId: string): Verdict {
  return apps.includes(appId)
    ? ok("The app hears of the business account.")
    : fail(
        "The app does not hear of the business account: its address is verified, but nothing arrives.",
        "Subscribe it: POST https://graph.facebook.com/v25.0/{business account id}/subscribed_apps with the access token.",
      );
}

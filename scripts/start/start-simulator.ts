import type { Config } from "../../src/config/config.ts";
import { type NodeCommand, type ProcessGroup, startProcessGroup } from "./process-group.ts";

/** Runs the simulated Meta that a Worker with this configuration takes for the real one. */
export function startSimulator(
  config: Config,
  port: number,
  webhookUrl: string,
  output: Pick<NodeCommand, "onOutput" | "onError">,
): ProcessGroup {
  return startProcessGroup({
    script: "simulator/main.ts",
    parameters: [],
    environment: {
      PORT: String(port),
      WEBHOOK_URL: webhookUrl,
      PHONE_NUMBER_ID: config.phoneNumberId,
      ...(config.businessAccountId === null
        ? {}
        : { BUSINESS_ACCOUNT_ID: config.businessAccountId }),
      ACCESS_TOKEN: config.accessToken,
      APP_SECRET: config.appSecrets[0] ?? "",
      VERIFY_TOKEN: config.verifyToken,
    },
    ...output,
  });
}

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../scripts/client/eventually.ts";
import { createJsonClient } from "../../scripts/client/json-client.ts";
import { PatientClient } from "../endurance/audit/patient-client.ts";
import { auditEvents } from "../endurance/delivery/audit-events.ts";
import { playBusinessDay } from "../endurance/delivery/business-day.ts";
import { SubscriberProcess } from "../endurance/delivery/subscriber-process.ts";
import { API_TOKEN, type ServedPaloma, servePaloma } from "./support/serve-paloma.ts";

const EVENTS = 24;
const CUSTOMERS = 3;
const SETTLE_MS = 25_000;

/** The subscriber starts twice, and what was tried in vain waits for seconds. */
const PATIENCE_MS = 60_000;

let subscriber: SubscriberProcess;
let paloma: ServedPaloma;

beforeAll(async () => {
  subscriber = await SubscriberProcess.start();
  paloma = await servePaloma({ settings: { EVENT_SUBSCRIBERS: subscriber.setting } });
});

afterAll(() => Promise.all([paloma.stop(), subscriber.kill()]));

describe("a subscriber in a process of its own, killed and restarted", () => {
  it(
    "ends up with each event at least once, without gaps, every signature valid",
    async () => {
      const api = new PatientClient(createJsonClient(paloma.url, API_TOKEN));
      const told = () => new Set(subscriber.received.map(({ id }) => id)).size;
      const dies = async () => {
        await eventually(
          () => Promise.resolve(told()),
          (count) => count >= EVENTS / 2,
          SETTLE_MS,
        );
        await subscriber.kill();
        await subscriber.start();
      };
      await Promise.all([
        dies(),
        playBusinessDay(paloma.simulator, api, CUSTOMERS, () => told() < EVENTS),
      ]);
      const { figures, findings } = await eventually(
        () => auditEvents(api, subscriber),
        (audit) => audit.findings.length === 0,
        SETTLE_MS,
      );
      expect(findings).toEqual([]);
      expect(figures["different events received"]).toBeGreaterThanOrEqual(EVENTS);
      expect(figures["conversations"]).toBe(CUSTOMERS);
    },
    PATIENCE_MS,
  );
});

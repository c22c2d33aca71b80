import type { Simulator } from "../../../simulator/simulator.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Ledger } from "./ledger.ts";
import type { LocalWorker } from "./local-worker.ts";
import type { OpenPage } from "./open-page.ts";
import type { PatientClient } from "./patient-client.ts";
import type { Person } from "./people.ts";

/** Where customers, staff and systems act, and what is written down of it. */
export type Scene = {
  simulator: Simulator;
  worker: LocalWorker;
  deliveries: Deliveries;
  clinic: PatientClient;
  people: readonly Person[];
  ledger: Ledger;
  page: OpenPage;
  /** False once enough has happened. */
  goesOn: () => boolean;
  /** Longest pause of an actor between two of its acts. */
  pauseMs: number;
};

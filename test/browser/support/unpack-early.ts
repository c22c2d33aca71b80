/** Unpacks the browser of the journeys while other tests begin, which leave a core to it; who needs it waits for that. */
import { findBrowser } from "./find-browser.ts";

export default function unpackEarly(): void {
  // The journeys say what is wrong.
  void findBrowser().catch(() => null);
}

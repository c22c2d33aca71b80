/** How long the bench takes, and how much its numbers are worth. */
export type Pace = {
  rounds: number;
  /** Of one Worker's turn. */
  turnSeconds: number;
  peerRounds: number;
  /** More than are written to within the time after which an object sleeps. */
  sleepers: number;
  conversations: number;
  messages: number;
  /** Of the database in which SQLite alone is timed. */
  sqlMessages: number;
};

/** In all some seventeen minutes on two cores. Many short turns, since the machine's speed changes by the second. */
export const FULL: Pace = {
  rounds: 9,
  turnSeconds: 1,
  peerRounds: 9,
  sleepers: 8000,
  conversations: 100_000,
  messages: 1_000_000,
  sqlMessages: 100_000,
};

/** To see that it runs. */
export const QUICK: Pace = {
  rounds: 2,
  turnSeconds: 0.7,
  peerRounds: 3,
  sleepers: 2000,
  conversations: 5000,
  messages: 20_000,
  sqlMessages: 5000,
};

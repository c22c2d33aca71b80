/** How long the bench takes, and how much its numbers are worth. */
export type Pace = {
  rounds: number;
  /** Of one Worker's turn. */
  turnSeconds: number;
  peerRounds: number;
  conversations: number;
  messages: number;
  /** Of the database in which SQLite alone is timed. */
  sqlMessages: number;
};

/** In all about seven minutes on two cores. */
export const FULL: Pace = {
  rounds: 5,
  turnSeconds: 1.5,
  peerRounds: 9,
  conversations: 100_000,
  messages: 1_000_000,
  sqlMessages: 100_000,
};

/** To see that it runs. */
export const QUICK: Pace = {
  rounds: 2,
  turnSeconds: 0.7,
  peerRounds: 3,
  conversations: 5000,
  messages: 20_000,
  sqlMessages: 5000,
};

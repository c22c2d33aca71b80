/** Where somebody left each conversation in this session, unless that was at its end. */

export type LeftPlace = {
  /** The first message in view, and how far it stands below the upper edge. */
  readonly id: string;
  readonly top: number;
  /** The newest message that they had seen. */
  readonly seen: string;
};

/** By conversation. */
export const leftPlaces = new Map<string, LeftPlace>();

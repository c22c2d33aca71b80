/** The statuses that Meta reports of a message. */
export const MESSAGE_STATUS_NAMES = ["sent", "delivered", "read", "played", "failed"] as const;

export type MessageStatusName = (typeof MESSAGE_STATUS_NAMES)[number];

/** The groups of operations, and what each is for. */
export const tagDescriptions = {
  Messages: "Send, look up, cancel and repeat.",
  Conversations: "The inbox: who wrote, what was said, and what is unread.",
  Contacts: "The people behind the conversations.",
  Media: "Files, to send and as received.",
  Templates: "What may be sent at any time, as Meta has it.",
  Operating: "What an operator looks at.",
  "For clients of the Graph API": "The routes that libraries made for Meta's Graph API call.",
  "Meta's webhook": "Meta alone calls it.",
  About: "Whether it runs, and this description. No token is asked for.",
  "Events to subscribers": "What Paloma sends to the addresses in `EVENT_SUBSCRIBERS`.",
} as const;

export type Tag = keyof typeof tagDescriptions;

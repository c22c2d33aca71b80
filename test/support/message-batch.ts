/** A batch of queue messages that remembers what became of each. */

export type BatchRecord = {
  batch: MessageBatch;
  /** Ids of the messages that were acknowledged. */
  acked: () => string[];
  /** Seconds until each next try, by id; createMessageBatch does not report them. */
  retried: () => Map<string, number | undefined>;
};

export type QueuedBody = { body: unknown; attempts?: number };

/** The messages of a queue, with the ids 0, 1, 2 … */
export function messageBatch(queue: string, bodies: readonly QueuedBody[]): BatchRecord {
  const acked = new Set<string>();
  const retried = new Map<string, number | undefined>();
  const messages = bodies.map(({ body, attempts = 1 }, position): Message => {
    const id = String(position);
    return {
      id,
      timestamp: new Date(),
      body,
      attempts,
      ack: () => {
        acked.add(id);
      },
      retry: (options) => {
        retried.set(id, options?.delaySeconds);
      },
    };
  });
  const batch: MessageBatch = {
    queue,
    messages,
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    ackAll: () => {
      for (const message of messages) message.ack();
    },
    retryAll: (options) => {
      for (const message of messages) message.retry(options);
    },
  };
  return { batch, acked: () => [...acked], retried: () => retried };
}

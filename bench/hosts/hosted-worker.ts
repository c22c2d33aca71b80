/** A built Worker with what its configuration binds, and what its host can be asked. */

export type HostedWorker = {
  /** Path of the bundle. */
  bundle: string;
  compatibilityDate: string;
  compatibilityFlags: readonly string[];
  bindings: Readonly<Record<string, string>>;
  databases: readonly string[];
  buckets: readonly string[];
  objects: readonly { binding: string; className: string }[];
  queues: readonly { binding: string; queue: string }[];
  /** Statements that make its database. */
  schema: readonly string[];
  /** Whether it can be profiled. */
  inspected: boolean;
};

export type HostQuestion =
  /** Statements for its D1, each by itself. */
  | { kind: "execute"; statements: readonly string[] }
  /** The address of its inspector, where it is inspected. */
  | { kind: "inspector" }
  /** One batch for its queue consumer. */
  | { kind: "consume"; queue: string; bodies: readonly unknown[] };

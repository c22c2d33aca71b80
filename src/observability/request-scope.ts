/**
 * Which request the work at hand belongs to. It holds across awaits of one Worker or object; into
 * objects and queues the id goes as a member of what is sent there, absent in what older versions sent.
 */
import { AsyncLocalStorage } from "node:async_hooks";

const scope = new AsyncLocalStorage<string>();

/** Does the work as part of a request; where that is unknown, as part of none. */
export function withinRequest<Result>(requestId: string | undefined, work: () => Result): Result {
  return requestId === undefined ? scope.exit(work) : scope.run(requestId, work);
}

export function currentRequestId(): string | undefined {
  return scope.getStore();
}

/** The id as a member to send along. */
export function requestIdMember(): { request_id?: string } {
  const requestId = currentRequestId();
  return requestId === undefined ? {} : { request_id: requestId };
}

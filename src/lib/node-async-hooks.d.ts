/** What the compatibility flag `nodejs_als` adds; the Worker has no other module of Node's. */
declare module "node:async_hooks" {
  export class AsyncLocalStorage<Store> {
    run<Result>(store: Store, work: () => Result): Result;
    exit<Result>(work: () => Result): Result;
    getStore(): Store | undefined;
  }
}

import type { H, RouterRoute } from "hono/types";
import type { Result, Router } from "hono/router";
import { TrieRouter } from "hono/router/trie-router";
import { uniqueSymbol } from "hono-openapi";

/** A handler, and the route that it was registered for. */
type Registered = [H, RouterRoute];

/**
 * Hono's tree of routes, but what it finds at an address without parameters is looked up once.
 *
 * Hono's own choice, a regular expression for all routes, takes no address that is the special case of
 * another, as `/v1/notifications/batch` is of `/v1/notifications/:id`; and walking the tree takes as
 * much time and memory as checking what is published. Handlers that only describe a route are left
 * out: each would be one more step of each call.
 */
export class RememberingRouter implements Router<Registered> {
  readonly name = "RememberingRouter";
  readonly #tree = new TrieRouter<Registered>();
  /** By address and method; callers make up both, so there is a place only for what was registered. */
  readonly #found = new Map<string, Map<string, Result<Registered> | undefined>>();

  add(method: string, path: string, registered: Registered): void {
    if (uniqueSymbol in registered[0]) return;
    this.#tree.add(method, path, registered);
    if (/[:*?{]/.test(path)) return;
    let found = this.#found.get(path);
    if (found === undefined) this.#found.set(path, found = new Map());
    found.set(method, undefined);
  }

  match(method: string, path: string): Result<Registered> {
    const found = this.#found.get(path);
    let result = found?.get(method);
    if (result === undefined) {
      result = this.#tree.match(method, path);
      // Routes are only added before the first request.
      if (found?.has(method)) found.set(method, result);
    }
    return result;
  }
}

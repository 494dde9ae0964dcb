import type { Around, Concern } from "./around.ts";

/**
 * Gives every answer the header fields without which a browser or a cache may do more with it than it
 * should. `nosniff` keeps a browser from guessing another type than the one that is named. What does
 * not say how it may be stored is stored nowhere: most answers are for one caller, and a new route
 * that forgets to say so must not end up in a shared cache.
 */
export function safeHeaders(): Concern {
  return () => LAYER;
}

const LAYER: Around = {
  mark(headers) {
    headers.set("x-content-type-options", "nosniff");
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  },
};

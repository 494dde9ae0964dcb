/// <reference lib="deno.worker" />

/** Ways for a worker to be gone. */
const WAYS: Record<string, () => void> = {
  /** An error that nobody catches. */
  throw() {
    throw new Error("crashed by a test");
  },
  /** It is there, and does nothing any more. */
  hang() {
    for (;;);
  },
};

// Comes before the service's own listener, which would outlive it.
let dying = false;
self.addEventListener("error", (event) => dying && event.stopImmediatePropagation());

const serve = Deno.serve as (options: unknown, handler: Deno.ServeHandler) => Deno.HttpServer;
Deno.serve = ((options: unknown, handler: Deno.ServeHandler) =>
  serve(options, (request, info) => {
    const way = WAYS[/\/crash\/(\w+)$/.exec(request.url)?.[1] ?? ""];
    if (way === undefined) return handler(request, info);
    dying = true;
    setTimeout(way, 10);
    return new Response("It will");
  })) as typeof Deno.serve;

const doom = Deno.env.get("BELLWIRE_TEST_DOOMED");
setInterval(() => {
  try {
    if (doom === undefined) return;
    Deno.statSync(doom);
  } catch {
    return;
  }
  dying = true;
  throw new Error("crashed by a test");
}, 50);

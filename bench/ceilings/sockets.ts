/**
 * Deno's sockets with nothing around them: whoever upgrades is in a set, and a POST sends one string
 * to the set in a loop. It authenticates nobody, numbers nothing and keeps nothing.
 *
 * @module
 */

const sockets = new Set<WebSocket>();
const port = Number(Deno.env.get("PORT"));

/** As long as what Bellwire sends for the notification that the bench publishes, but for the number. */
const [before, after] = JSON.stringify({
  type: "notification",
  stream: "user",
  seq: 12345,
  live: true,
  item: {
    id: "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    title: "Build finished",
    body: "main is green again: 1,214 tests passed in 61 seconds, nothing was skipped.",
    category: "ci.builds",
    url: "/builds/4711",
    priority: "normal",
    data: { n: 0 },
    publishedAt: "2025-01-01T00:00:00.000Z",
    read: false,
    seen: false,
    archived: false,
  },
  counts: { unread: 12345, unseen: 12345 },
}).split('"n":0');

function onOpen(this: WebSocket) {
  sockets.add(this);
}

function onClose(this: WebSocket) {
  sockets.delete(this);
}

Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, async (request) => {
  if (request.headers.has("upgrade")) {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = onOpen;
    socket.onclose = onClose;
    return response;
  }
  if (request.method === "GET") return new Response("ready");
  const { data } = await request.json();
  const event = `${before}"n":${data.n}${after}`;
  for (const socket of sockets) socket.send(event);
  return new Response("sent", { status: 201 });
});

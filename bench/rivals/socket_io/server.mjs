/**
 * Socket.IO doing what Bellwire does, but in memory: users are verified by token, each has a room; a
 * POST is checked, numbered for each user, kept in the user's inbox, and sent to the room. Runs on
 * Node.js and on Deno.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import process from "node:process";

// Not an `import`, so that checking the service does not need what only this rival depends on.
const { Server } = createRequire(import.meta.url)("socket.io");

const { PORT, JWT_SECRET, PUBLISHER_SECRET } = process.env;
const MAX_BODY_BYTES = 256 * 1024;
const INBOX_MAX = 1000;
/** By user, topic or everyone: the number of the last notification, and the last thousand of them. */
const inboxes = new Map();
/** By user. */
const topics = new Map();
const publisher = Buffer.from(`Bearer ${PUBLISHER_SECRET}`);

const http = createServer((request, response) => {
  if (request.method === "GET" && request.url === "/ready") answer(response, 200, {});
  else if (request.method === "POST" && request.url === "/publish") {
    withBody(request, response, publish);
  } else if (request.method === "POST" && request.url === "/join") {
    withBody(request, response, join);
  } else answer(response, 404, { code: "not_found" });
});
// A closed-loop client must not be told to reconnect while it is measured.
http.keepAliveTimeout = 60_000;

const io = new Server(http, { transports: ["websocket"], serveClient: false });
io.use((socket, next) => {
  const user = verified(socket.handshake.auth.token);
  if (user === undefined) return next(new Error("unauthorized"));
  socket.data.user = user;
  next();
});
io.on("connection", (socket) => {
  const { user } = socket.data;
  socket.join([`user:${user}`, ...(topics.get(user) ?? [])]);
});

http.listen(Number(PORT), "127.0.0.1", 4096);

function withBody(request, response, act) {
  const sent = Buffer.from(request.headers.authorization ?? "");
  if (sent.length !== publisher.length || !timingSafeEqual(sent, publisher)) {
    return answer(response, 401, { code: "unauthorized" });
  }
  const chunks = [];
  let size = 0;
  request.on("data", (chunk) => {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) request.destroy();
    else chunks.push(chunk);
  });
  request.on("end", () => {
    let body;
    try {
      body = JSON.parse(Buffer.concat(chunks).toString());
    } catch {
      return answer(response, 400, { code: "invalid_request" });
    }
    act(body, response);
  });
}

function publish({ to, title, ...rest }, response) {
  const streams = streamsOf(to ?? {});
  if (typeof title !== "string" || streams === undefined) {
    return answer(response, 400, { code: "invalid_request" });
  }
  const id = randomUUID();
  const item = { id, title, ...rest, publishedAt: new Date().toISOString() };
  const deliveries = streams.map((stream) => {
    const seq = keep(stream, item);
    const audience = stream === "everyone" ? io : io.to(stream);
    audience.emit("notification", { seq, item });
    return { stream, seq };
  });
  answer(response, 201, { id, deliveries });
}

function streamsOf({ user, users = [user], topic, everyone }) {
  if (everyone === true) return ["everyone"];
  if (typeof topic === "string") return [`topic:${topic}`];
  if (!users.every((user) => typeof user === "string")) return undefined;
  return users.map((user) => `user:${user}`);
}

function join({ user, topic }, response) {
  if (typeof user !== "string" || typeof topic !== "string") {
    return answer(response, 400, { code: "invalid_request" });
  }
  topics.set(user, [...(topics.get(user) ?? []), `topic:${topic}`]);
  io.in(`user:${user}`).socketsJoin(`topic:${topic}`);
  answer(response, 200, {});
}

function keep(stream, item) {
  let inbox = inboxes.get(stream);
  if (inbox === undefined) inboxes.set(stream, inbox = { seq: 0, items: [] });
  inbox.seq++;
  inbox.items.push(item);
  if (inbox.items.length > INBOX_MAX) inbox.items.shift();
  return inbox.seq;
}

function answer(response, status, body) {
  const json = JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(json),
  });
  response.end(json);
}

/** The user of an HS256 token; `undefined` where it is not valid. */
function verified(token) {
  const [header, payload, signature] = String(token).split(".");
  const expected = createHmac("sha256", JWT_SECRET).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const { sub, exp } = JSON.parse(Buffer.from(payload, "base64url").toString());
  return exp > Date.now() / 1000 ? sub : undefined;
}

import { credentials } from "../../credentials.ts";
import { needle, numberAfter } from "../byte_search.ts";
import type { Dialect } from "../dialect.ts";
import { publishRequest } from "../publish_request.ts";

const decoder = new TextDecoder();
const NUMBER = needle('"n":');
const publisher = [`Authorization: Bearer ${credentials.publisherSecret}`];

/** The first characters of a message: Engine.IO's type, then Socket.IO's. */
const OPEN = "0".charCodeAt(0);
const PING = "2".charCodeAt(0);
const MESSAGE = "4".charCodeAt(0);
const CONNECTED = "0".charCodeAt(0);
const EVENT = "2".charCodeAt(0);

/** Version 5 of the Socket.IO protocol on version 4 of Engine.IO's, WebSockets only. */
export const socketIo: Dialect = {
  publish: (to, n) => publishRequest({ path: "/publish", headers: publisher, to, n }),
  join: (user, topic) => {
    const body = JSON.stringify({ user, topic });
    const headers = ["Host: 127.0.0.1", `Content-Length: ${body.length}`, ...publisher];
    return `POST /join HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n${body}`;
  },
  upgrade: () => ({ path: "/socket.io/?EIO=4&transport=websocket", headers: [] }),
  // The server speaks first.
  opening: () => undefined,
  hear: (payload, ear) => {
    const [engine, socket] = payload;
    if (engine === MESSAGE && socket === EVENT) {
      ear.event(numberAfter(payload, NUMBER) ?? -1);
      return undefined;
    }
    if (engine === OPEN) return `40${JSON.stringify({ token: ear.token })}`;
    if (engine === PING) return "3";
    if (engine === MESSAGE && socket === CONNECTED) ear.welcomed({});
    else ear.refused(decoder.decode(payload));
    return undefined;
  },
};

import assert from "node:assert/strict";
import { CloseCode, type Closing } from "../../../src/gateway/protocol/close_code.ts";
import { Session } from "../../../src/gateway/session/session.ts";

Deno.test("a session ends once, with what was decided, though its peer vanishes while it is told", () => {
  const ends: (Closing | undefined)[] = [];
  const closing: Closing = { code: CloseCode.goingAway, reason: "The service is stopping" };
  const session = new Session("s1", {
    transport: {
      buffered: 0,
      // As with Deno's sockets, which may be found closed in the middle of a send.
      send: () => session.lost(),
      close: () => session.lost(),
      whenGone: () => {},
    },
    ended: (_, its) => ends.push(its),
  });
  session.close(closing);
  session.close(closing);
  session.lost();
  assert.deepEqual(ends, [closing]);
});

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

Deno.test("a session whose transport throws while it is told still ends", () => {
  const fail = () => {
    throw new TypeError("Broken");
  };
  for (const broken of [{ send: fail }, { close: fail }]) {
    let ends = 0;
    const session = new Session("s1", {
      transport: { buffered: 0, send() {}, close() {}, whenGone() {}, ...broken },
      ended: () => void ends++,
    });
    const closing = { code: CloseCode.goingAway, reason: "The service is stopping" };
    assert.throws(() => session.close(closing), TypeError);
    assert.deepEqual([ends, session.isClosed], [1, true]);
  }
});

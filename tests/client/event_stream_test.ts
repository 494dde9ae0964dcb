import assert from "node:assert/strict";
import { eventStreams } from "../../client/src/event_stream.ts";
import { BellwireError } from "../../client/src/errors.ts";
import type { ServerMessage } from "../../protocol/messages.ts";
import { within } from "../drivers/deadline.ts";

/** A connection to a service that answers marks in this way, and what it was asked. */
function connected(answer: () => Response) {
  const marks: Request[] = [];
  const answers = Promise.withResolvers<readonly ServerMessage[]>();
  const open = eventStreams({
    server: "http://127.0.0.1:9",
    Failure: BellwireError,
    fetch: (input, init) => {
      const request = new Request(input, init);
      if (request.method === "GET") return Promise.resolve(new Response(new ReadableStream()));
      marks.push(request);
      return Promise.resolve(answer());
    },
  });
  const transport = open({
    token: "first",
    eventId: undefined,
    hello: (token) => ({ type: "hello", token, device: undefined, resume: {} }),
  }, {
    opened() {},
    received: (messages) => answers.resolve(messages),
    ended() {},
  });
  const mark = () => {
    transport.send({ type: "mark", op: "read", stream: "user", items: [1], ref: "1" });
    return within(answers.promise, "an answer");
  };
  return { transport, marks, mark };
}

Deno.test("over server-sent events a mark is sent with the token that was renewed last", async () => {
  const { transport, marks, mark } = connected(() => new Response(null, { status: 204 }));
  transport.send({ type: "refresh", token: "second", ref: "refresh" });
  assert.deepEqual(await mark(), [{ type: "ok", ref: "1" }]);
  assert.deepEqual(marks.map(({ headers }) => headers.get("authorization")), ["Bearer second"]);
  transport.close();
});

Deno.test("over server-sent events a mark is not lost because a token has just expired", async () => {
  const { transport, mark } = connected(() =>
    Response.json({ code: "token_expired", detail: "It has expired" }, { status: 401 })
  );
  const [answer] = await mark();
  assert(answer?.type === "error");
  assert.equal(answer.code, "unavailable");
  transport.close();
});

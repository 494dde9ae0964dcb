import assert from "node:assert/strict";
import { environment } from "../../client/src/environment.ts";
import type { Operation } from "../../client/src/reduce.ts";
import { SharedState, type TabMessage } from "../../client/src/shared_state.ts";
import { eventually } from "../drivers/deadline.ts";

Deno.test("other tabs carry out operations in the order of the leader's, also where one leads to the next at once", async () => {
  const server = "http://127.0.0.1:9";
  const posted: TabMessage[] = [];
  let leads = false;
  const second: Operation = { do: "system", wanted: false };
  const replica: SharedState = new SharedState({
    ...environment(server, { getToken: () => "" }),
    name: "replica",
    peers: {
      locks: { request: (_name, _options, held) => held() },
      openChannel: () => ({
        onmessage: null,
        postMessage: (post) => void posted.push(post as TabMessage),
        close() {},
      }),
    },
    lead: () => leads = true,
    follow() {},
    applied: (operation) => {
      if (operation?.do === "system" && operation.wanted) replica.dispatch(second);
    },
    heard() {},
    connectionChanged() {},
    receive() {},
  });
  replica.start();
  await eventually(() => leads, "the lead");
  replica.dispatch({ do: "system", wanted: true });
  const wanted = posted.flatMap((post) =>
    post.post === "did" && post.operation.do === "system" ? [[post.n, post.operation.wanted]] : []
  );
  assert.deepEqual(wanted, [[1, true], [2, false]]);
  await replica.close(true);
});

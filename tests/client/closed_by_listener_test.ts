import assert from "node:assert/strict";
import { alone } from "../../client/src/leader_election.ts";
import { RealBrowser } from "./support/real_browser.ts";

/** The service does not listen there. */
const NOWHERE = "http://127.0.0.1:9";

Deno.test("a bell that is closed by the listener that hears of its user first holds nothing", async () => {
  using browser = new RealBrowser();
  const claims = { sub: "ada", exp: Math.ceil(Date.now() / 1000) + 3600 };
  const getToken = () => `e30.${btoa(JSON.stringify(claims))}.AA`;
  const asked: string[] = [];
  const locks = {
    request: (name: string, options: object, held: (lock?: unknown) => Promise<unknown>) => {
      asked.push(name);
      return alone.locks.request(name, options, held);
    },
  };
  const { bell } = browser.open(NOWHERE, { getToken }, { peers: { ...alone, locks } });
  const closed = new Promise<void>((resolve) =>
    bell.subscribe(() => {
      const { user, connection } = bell.getSnapshot();
      if (connection.state === "closed") resolve();
      else if (user !== undefined) bell.close();
    })
  );
  await closed;
  // What the bell does after its listeners is done in the same turn.
  await Promise.resolve();
  assert.deepEqual(asked.filter((name) => name.endsWith(" ada")), []);
});

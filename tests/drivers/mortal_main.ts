/**
 * `main.ts`, but it kills itself with SIGKILL when it commits where a part of a notification went for
 * the time that `TESTS_DIES_AT` says (0: the first): before the commit goes out, or with
 * `TESTS_DIES=after` once it is on disk.
 *
 * @module
 */
import { DenoKv } from "../../src/kv/deno/deno_kv.ts";

const diesAt = Number(Deno.env.get("TESTS_DIES_AT") ?? Infinity);
const isAfter = Deno.env.get("TESTS_DIES") === "after";
const commit = DenoKv.prototype.commit;
let commits = 0;

DenoKv.prototype.commit = async function (operation) {
  const isPublish = operation.mutations.some(({ key }) => key[0] === "publish");
  const isEnd = isPublish && commits++ === diesAt;
  if (isEnd && !isAfter) await die();
  const result = await commit.call(this, operation);
  if (isEnd) await die();
  return result;
};

function die(): Promise<never> {
  Deno.kill(Deno.pid, "SIGKILL");
  return new Promise(() => {});
}

await import("../../main.ts");

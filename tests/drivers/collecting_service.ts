/**
 * The service, for tests of what it holds on to: on SIGUSR2 it collects all garbage, and writes a line
 * when that is done.
 */
import v8 from "node:v8";
import vm from "node:vm";

v8.setFlagsFromString("--expose-gc");
const collect: () => void = vm.runInNewContext("gc");

Deno.addSignalListener("SIGUSR2", () => {
  collect();
  const line = JSON.stringify({ level: "debug", event: "garbage.collected" });
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
});

await import("../../main.ts");

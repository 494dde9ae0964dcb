// long: simulated weeks of tabs and networks
import { firstSeed } from "../support/first_seed.ts";
import { play } from "./support/client_play.ts";

const COUNT = 400;

Deno.test("whatever happens to tabs and their connections, in the end all show what the service has", async () => {
  const first = firstSeed();
  const count = Number(Deno.env.get("SCHEDULES") ?? COUNT);
  const end = Deno.env.has("SEED") ? first + 1 : first + count;
  for (let seed = first; seed < end; seed++) {
    const log: string[] = [];
    try {
      await play(seed, log);
    } catch (cause) {
      throw new Error(`SEED=${seed} fails:\n${log.join("\n")}`, { cause });
    }
  }
});

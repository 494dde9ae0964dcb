// long: simulated weeks of tabs and networks
import { seedsToPlay } from "../simulation/support/seeds_to_play.ts";
import { play } from "./support/client_play.ts";

/** `SCHEDULES=400 SEED=random` plays more, and others. */
const COUNT = 120;

Deno.test("whatever happens to tabs and their connections, in the end all show what the service has", async () => {
  for (const seed of seedsToPlay(Number(Deno.env.get("SCHEDULES") ?? COUNT))) {
    const log: string[] = [];
    try {
      await play(seed, log);
    } catch (cause) {
      throw new Error(`SEED=${seed} fails:\n${log.join("\n")}`, { cause });
    }
  }
});

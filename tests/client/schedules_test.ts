// long: simulated weeks of tabs and networks
import { play } from "./support/client_play.ts";

const COUNT = 400;

Deno.test("whatever happens to tabs and their connections, in the end all show what the service has", async () => {
  const given = Deno.env.get("SEED");
  const first = given === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(given);
  const end = given === undefined ? first + Number(Deno.env.get("SCHEDULES") ?? COUNT) : first + 1;
  for (let seed = first; seed < end; seed++) {
    const log: string[] = [];
    try {
      await play(seed, log);
    } catch (cause) {
      throw new Error(`SEED=${seed} fails:\n${log.join("\n")}`, { cause });
    }
  }
});

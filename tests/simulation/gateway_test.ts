// long: thousands of schedules
import { playMany } from "./support/gateway_search.ts";

Deno.test("whatever happens, every device ends equal to the inbox, and nothing is left of those that went", async () => {
  await playMany(1_300, { clustered: 0 });
});

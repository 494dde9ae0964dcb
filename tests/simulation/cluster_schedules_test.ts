// long: thousands of schedules
import { playMany } from "./support/gateway_search.ts";

Deno.test("an instance that reads what it might not be told of yet brings every device up to date", async () => {
  await playMany(350, { clustered: 1 });
});

Deno.test("on whichever instances devices are and things happen, every device ends equal to the inbox", async () => {
  await playMany(400, { clustered: 2 });
});

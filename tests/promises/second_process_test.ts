import assert from "node:assert/strict";
import { join } from "node:path";
import { within } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { ServiceProcess } from "../drivers/service_process.ts";

Deno.test("a second process on the same file is refused, and told what to use instead", async () => {
  await using service = await Service.start();
  const links = [join(service.folder, "folder"), join(service.folder, "linked.db")] as const;
  await Deno.symlink(service.folder, links[0]);
  await Deno.symlink(join(service.folder, "bellwire.db"), links[1]);
  const paths = [
    join(service.folder, "bellwire.db"),
    `${service.folder}/./bellwire.db`,
    join(links[0], "bellwire.db"),
    links[1],
  ];
  for (const path of paths) {
    const second = new ServiceProcess({ ...service.environment(), BELLWIRE_KV: path });
    const code = await within(second.ended, "the end of the second");
    assert.equal(code, 1, second.output.text);
    assert.match(second.output.stderr, /already uses .*\.db/);
    assert.match(second.output.stderr, /BELLWIRE_KV=/);
    assert.match(second.output.stderr, /denokv/);
    assert(!second.output.text.includes("    at "), "a stack trace is no help");
  }
  // The first one did not notice.
  await service.published({ to: { user: "ada" }, title: "Still here" });

  // The lock ends with the process, however it ends.
  await service.kill();
  await service.restart();
  assert.equal((await service.inbox("ada")).length, 1);
});

Deno.test("of several that start at the same moment one serves, and the others are refused", async () => {
  await using service = await Service.start();
  await service.stop();
  const processes = Array.from({ length: 4 }, () => new ServiceProcess(service.environment()));
  try {
    const ready = await Promise.all(processes.map((process) => process.ready()));
    assert.equal(ready.filter((url) => url !== undefined).length, 1);
    for (const [i, process] of processes.entries()) {
      if (ready[i] === undefined) assert.match(process.output.stderr, /already uses/);
    }
  } finally {
    for (const process of processes) process.signal("SIGKILL");
    await Promise.all(processes.map(({ ended }) => ended));
  }
});

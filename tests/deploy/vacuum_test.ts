import assert from "node:assert/strict";
import { join } from "node:path";
import { within } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { ROOT } from "../drivers/paths.ts";

/** Runs `deno task vacuum` as an operator does. */
async function vacuum(env: Record<string, string>) {
  const { code, stdout, stderr } = await within(
    new Deno.Command(Deno.execPath(), { args: ["task", "vacuum"], env, cwd: ROOT }).output(),
    "deno task vacuum",
  );
  const text = new TextDecoder();
  return { code, text: text.decode(stdout) + text.decode(stderr) };
}

/** Whether a text is anywhere in the files of a folder. */
async function isIn(folder: string, text: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(folder)) {
    const bytes = new TextDecoder("latin1").decode(await Deno.readFile(join(folder, name)));
    if (bytes.includes(text)) return true;
  }
  return false;
}

Deno.test("after a vacuum the file names no user who was erased, and has all the rest", async () => {
  await using service = await Service.start();
  const env = service.environment();
  const gone = "a.user.who.was.erased";
  for (let i = 0; i < 40; i++) {
    await service.published({ to: { users: ["ada", gone] }, title: `Number ${i}` });
  }
  const answer = await service.fetch(`/v1/users/${gone}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${service.key}` },
  });
  assert.equal(answer.status, 204);
  const early = await vacuum(env);
  assert.equal(early.code, 1);
  assert.match(early.text, /already uses/);

  await service.stop();
  assert(await isIn(service.folder, gone), "this test proves nothing");
  const { code, text } = await vacuum(env);
  assert.equal(code, 0, text);
  assert.match(text, /bellwire\.db was rewritten: \d+\.\d MiB before, \d+\.\d MiB now/);
  assert(!await isIn(service.folder, gone));
  await service.restart();
  assert.equal((await service.inbox("ada")).length, 40);
  const { deliveries } = await service.published({ to: { user: "ada" }, title: "After" });
  assert.equal(deliveries[0]?.seq, 41);
});

Deno.test("where there is no file, and where the KV is a server, a vacuum does nothing and says so", async () => {
  const folder = await Deno.makeTempDir();
  const missing = await vacuum({ BELLWIRE_KV: join(folder, "bellwire.db") });
  assert.equal(missing.code, 1);
  assert.match(missing.text, /no database/);
  assert.deepEqual(Array.from(Deno.readDirSync(folder)), []);
  const server = await vacuum({
    BELLWIRE_KV: "http://127.0.0.1:1",
    DENO_KV_ACCESS_TOKEN: "t".repeat(20),
  });
  assert.equal(server.code, 1);
  assert.match(server.text, /sqlite3 FILE VACUUM/);
  await Deno.remove(folder, { recursive: true });
});

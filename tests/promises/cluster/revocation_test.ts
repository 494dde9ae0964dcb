import assert from "node:assert/strict";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { eventually, within } from "../../drivers/deadline.ts";
import { Device } from "../../drivers/device.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import { refuses } from "../../drivers/refusal.ts";
import { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

async function revoke(service: Service, body: unknown): Promise<void> {
  const answer = await service.fetch("/v1/revocations", {
    method: "POST",
    headers: { authorization: `Bearer ${service.key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 204, await answer.text());
}

/** A token that was issued so many seconds ago. */
function issued(service: Service, user: string, jti: string, secondsAgo: number): Promise<string> {
  const iat = Math.floor(Date.now() / 1000) - secondsAgo;
  return service.token(user, { claims: { jti, iat } });
}

/** A token that counts as issued after a revocation made just now: `iat` may be ahead by 5 s. */
async function younger(service: Service, user: string, jti: string): Promise<string> {
  return await eventually(async () => {
    const token = await issued(service, user, jti, -5);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await service.fetch("/v1/inbox/counts", { headers });
    await answer.body?.cancel();
    return answer.status === 200 ? token : undefined;
  }, "a token that is younger than the revocation");
}

/** Checks that a token opens neither the inbox nor a socket. */
async function isRefused(service: Service, user: string, token: string): Promise<void> {
  const answer = await service.fetch("/v1/inbox", {
    headers: { authorization: `Bearer ${token}` },
  });
  const { detail } = await refuses(answer, [401, "unauthorized"]);
  assert.match(detail, /revoked/);
  await using device = new Device(service, user, { token });
  await device.open();
  assert.equal((await within(device.ended, "the end of a revoked session")).code, 4503);
}

async function isAccepted(service: Service, user: string, token: string): Promise<void> {
  await using _ = await Device.connect(service, user, { token });
}

Deno.test({
  name: "a revocation on one process closes sockets and refuses tokens on the other",
  ignore: denokv === undefined,
  async fn(t) {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 2);
    const [left, right] = together.instances as [Service, Service];

    await t.step("by jti: that token and no other", async () => {
      const [stolen, fine] = [
        await issued(left, "ada", "stolen", 60),
        await issued(left, "ada", "fine", 60),
      ];
      await using here = await Device.connect(left, "ada", { token: stolen });
      await using there = await Device.connect(right, "ada", { token: stolen });
      await using other = await Device.connect(right, "ada", { token: fine });
      await revoke(left, { jti: "stolen" });
      for (const device of [here, there]) {
        assert.equal((await within(device.ended, "the end of a session")).code, 4503);
      }
      for (const service of [left, right]) {
        await isRefused(service, "ada", stolen);
        await isAccepted(service, "ada", fine);
      }
      const { deliveries } = await left.published({ to: { user: "ada" }, title: "Still there" });
      await other.reaches(deliveries[0]?.seq ?? NaN);
    });

    await t.step("by user and time: what was issued before, of that user", async () => {
      const old = await issued(right, "bob", "old", 60);
      const carols = await issued(right, "carol", "old", 60);
      await using here = await Device.connect(left, "bob", { token: old });
      await using there = await Device.connect(right, "bob", { token: old });
      await using others = await Device.connect(left, "carol", { token: carols });
      await revoke(right, { user: "bob", issuedBefore: new Date().toISOString() });
      for (const device of [here, there]) {
        assert.equal((await within(device.ended, "the end of a session")).code, 4503);
      }
      for (const service of [left, right]) {
        await isRefused(service, "bob", old);
        await isAccepted(service, "bob", await younger(service, "bob", "new"));
      }
      assert(others.isOpen);
    });

    await t.step("and a process that starts afterwards knows of both", async () => {
      await right.stop();
      await right.restart();
      await isRefused(right, "ada", await issued(right, "ada", "stolen", 60));
      await isRefused(right, "bob", await issued(right, "bob", "any", 60));
      await isAccepted(right, "bob", await younger(right, "bob", "new"));
    });

    await t.step("no mail is left, and no row names a user", async () => {
      using kv = await server.open();
      for await (const { key, value } of kv.list<Uint8Array>({ prefix: [] })) {
        if (key[0] !== "revoked" && key[0] !== "revocations") continue;
        const text = `${key.join(" ")} ${new TextDecoder().decode(value)}`;
        assert.doesNotMatch(text, /\b(ada|bob|stolen)\b/);
      }
      await eventually(async () => {
        const mail = await Array.fromAsync(kv.list({ prefix: ["mail"] }));
        return mail.length === 0;
      }, "the mail to be deleted");
    });
  },
});

Deno.test("an instance that is alone revokes, remembers it over a restart, and writes no mail", async () => {
  await using service = await Service.start();
  const token = await issued(service, "ada", "stolen", 60);
  await using device = await Device.connect(service, "ada", { token });
  await revoke(service, { jti: "stolen" });
  assert.equal((await within(device.ended, "the end of a session")).code, 4503);
  await service.kill();
  {
    using kv = await Deno.openKv(`${service.folder}/bellwire.db`);
    for (const kind of ["mail", "wake", "instance"]) {
      for await (const { key } of kv.list({ prefix: [kind] })) assert.fail(key.join());
    }
  }
  await service.restart();
  await isRefused(service, "ada", token);
});

Deno.test("workers of one process close the sockets of all workers", async () => {
  await using service = await Service.start({ env: { BELLWIRE_WORKERS: "2" } });
  const token = await issued(service, "ada", "stolen", 60);
  await using open = new AsyncDisposableStack();
  const devices: Device[] = [];
  // Eight connections are all on the same of two workers once in more than a hundred times.
  for (let i = 0; i < 8; i++) {
    devices.push(open.use(await Device.connect(service, "ada", { token })));
  }
  await revoke(service, { user: "ada", issuedBefore: new Date().toISOString() });
  for (const device of devices) {
    assert.equal((await within(device.ended, "the end of a session")).code, 4503);
  }
});

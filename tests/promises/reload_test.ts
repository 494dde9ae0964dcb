import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";

const SECRET = "a secret of the tests that has 32 bytes";
const OTHER_SECRET = "another secret of the tests of 32 bytes";
const KEY = "publisher-key-of-the-tests";
const OTHER_KEY = "another-key-of-the-tests";

/** A service whose settings are in files that a test may write anew. */
class Configured implements AsyncDisposable {
  readonly service: Service;
  readonly #folder: string;

  private constructor(service: Service, folder: string) {
    this.service = service;
    this.#folder = folder;
  }

  static async start(workers: string, program = "main.ts"): Promise<Configured> {
    const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
    const files = {
      BELLWIRE_JWT_SECRET: `${SECRET}\n`,
      BELLWIRE_API_KEYS: `test:${KEY}\n`,
      BELLWIRE_ALLOWED_ORIGINS: "https://a.example\n",
      BELLWIRE_PUBLISHER_CALLS_PER_MINUTE: "1000\n",
      BELLWIRE_SOCKET_MESSAGES_PER_MINUTE: "1000\n",
    };
    const env: Record<string, string> = { BELLWIRE_WORKERS: workers };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
      env[name] = "";
      env[`${name}_FILE`] = join(folder, name);
    }
    return new Configured(await Service.start({ env, program }), folder);
  }

  write(name: string, text: string): Promise<void> {
    return Deno.writeTextFile(join(this.#folder, name), text);
  }

  /** Sends SIGHUP, and waits for what the log says of it. */
  async hangUp(event: "config.reloaded" | "config.refused"): Promise<Record<string, unknown>> {
    const lines = () => this.service.output.log.filter((line) => line.event === event);
    const before = lines().length;
    this.service.signal("SIGHUP");
    return await eventually(
      () => lines().length > before && lines().at(-1),
      () => `${event}\n${this.service.output.text}`,
    );
  }

  /** The statuses of publishes with a key, each over a connection of its own: all workers answer some. */
  async statuses(key: string): Promise<Set<number>> {
    const statuses = new Set<number>();
    for (let i = 0; i < 12; i++) {
      const body = { to: { user: "nobody" }, title: "Hello" };
      const answer = await this.service.publish(body, { authorization: `Bearer ${key}` });
      await answer.body?.cancel();
      statuses.add(answer.status);
    }
    return statuses;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

for (const workers of ["1", "2"]) {
  const where = workers === "1" ? "" : " of all workers";

  Deno.test(`SIGHUP reads the publishers' keys${where} again, and no connection ends`, async () => {
    await using configured = await Configured.start(workers);
    const { service } = configured;
    await using device = await Device.connect(service, "ada");
    await configured.write("BELLWIRE_API_KEYS", `test:${KEY}\nshop:${OTHER_KEY}\n`);
    assert.deepEqual(await configured.statuses(OTHER_KEY), new Set([401]));
    const line = await configured.hangUp("config.reloaded");
    assert.deepEqual([line["variable"], line["keys"], line["secrets"]], [
      "BELLWIRE_API_KEYS",
      2,
      1,
    ]);
    assert.deepEqual(await configured.statuses(OTHER_KEY), new Set([201]));
    assert.deepEqual(await configured.statuses(KEY), new Set([201]));
    await service.published({ to: { user: "ada" }, title: "Meanwhile" });

    await configured.write("BELLWIRE_API_KEYS", `shop:${OTHER_KEY}\n`);
    await configured.hangUp("config.reloaded");
    assert.deepEqual(await configured.statuses(KEY), new Set([401]));
    await service.published({ to: { user: "ada" }, title: "And now" }, {
      authorization: `Bearer ${OTHER_KEY}`,
    });
    await device.reaches(2);
    assert(device.isOpen);
    assert.doesNotMatch(service.output.text, new RegExp(`${KEY}|${OTHER_KEY}`));
  });

  Deno.test(`a secret${where} is replaced without a restart, and who holds a token of the old one is asked for another`, async () => {
    await using configured = await Configured.start(workers);
    const { service } = configured;
    await using old = await Device.connect(service, "ada");
    await configured.write("BELLWIRE_JWT_SECRET", `${OTHER_SECRET}\n${SECRET}\n`);
    await configured.hangUp("config.reloaded");
    const token = await service.token("ada", { secret: OTHER_SECRET });
    await using renewed = await Device.connect(service, "ada", { token });
    await using stillOld = await Device.connect(service, "ada");
    const ticket = async (token: string) => {
      const answer = await service.fetch("/v1/tickets", {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
      });
      return (await answer.json()).ticket;
    };
    const outdated = await ticket(await service.token("ada"));

    await configured.write("BELLWIRE_JWT_SECRET", `${OTHER_SECRET}\n`);
    await configured.hangUp("config.reloaded");
    for (const device of [old, stillOld]) {
      const { code, disconnect } = await device.closedByServer();
      assert.deepEqual([code, disconnect?.["reconnect"]], [4003, true]);
    }
    await service.published({ to: { user: "ada" }, title: "Hello" });
    await renewed.reaches(1);
    for (let i = 0; i < 8; i++) {
      await using late = await RawSocket.open(service.streamUrl);
      await late.send({ type: "hello", token: await service.token("ada") });
      assert.equal((await late.closedByServer()).code, 4500);
      const refused = await service.get("/v1/inbox", "ada");
      assert.equal(refused.status, 401, await refused.text());
      const taken = await service.get("/v1/inbox", "ada", { secret: OTHER_SECRET });
      assert.equal(taken.status, 200, await taken.text());
    }
    // What was exchanged for a token is worth no more than the token.
    const events = await service.fetch(`/v1/stream?ticket=${outdated}`, {
      headers: { accept: "text/event-stream" },
    });
    assert.doesNotMatch(await events.text(), /"type":"(reset|event|welcome)"/);
  });

  Deno.test(`origins and quotas${where} are read again`, async () => {
    await using configured = await Configured.start(workers);
    const { service } = configured;
    const policies = async () => {
      const found = new Set<string | null>();
      for (let i = 0; i < 12; i++) {
        const answer = await service.publish({ to: { user: "ada" }, title: "Hello" }, {
          origin: "https://b.example",
        });
        await answer.body?.cancel();
        const { headers } = answer;
        found.add(
          `${headers.get("ratelimit-policy")} ${headers.get("access-control-allow-origin")}`,
        );
      }
      return found;
    };
    const codes = async () => {
      const found = new Set<string | number>();
      for (let i = 0; i < 8; i++) {
        await using socket = await RawSocket.open(service.streamUrl, {
          headers: { origin: "https://b.example" },
        });
        await socket.send({ type: "hello", token: await service.token("ada") });
        found.add(
          await Promise.race([
            socket.closedByServer().then(({ code }) => code),
            socket.message("reset").then(() => "reset", () => "none"),
          ]),
        );
      }
      return found;
    };
    assert.deepEqual(await policies(), new Set(['"publisher";q=1000;w=60 null']));
    assert.deepEqual(await codes(), new Set([4507]));
    await configured.write("BELLWIRE_ALLOWED_ORIGINS", "https://*.example");
    assert.match(
      String((await configured.hangUp("config.refused"))["reason"]),
      /BELLWIRE_ALLOWED_ORIGINS_FILE/,
    );
    await configured.write("BELLWIRE_ALLOWED_ORIGINS", "https://b.example\n");
    await configured.write("BELLWIRE_PUBLISHER_CALLS_PER_MINUTE", "500");
    const { variable } = await configured.hangUp("config.reloaded");
    assert.equal(variable, "BELLWIRE_ALLOWED_ORIGINS, BELLWIRE_PUBLISHER_CALLS_PER_MINUTE");
    assert.deepEqual(await policies(), new Set(['"publisher";q=500;w=60 https://b.example']));
    assert.deepEqual(await codes(), new Set(["reset"]));
    service.output.stderr = "";
  });

  Deno.test(`what can't be used is refused as a whole, with its name, and all stays as it was${where}`, async () => {
    await using configured = await Configured.start(workers);
    const { service } = configured;
    await using device = await Device.connect(service, "ada");
    await configured.write("BELLWIRE_JWT_SECRET", `${OTHER_SECRET}\n`);
    for (const text of ["", "swordfish", `test:short`, `shop:${OTHER_KEY}\nswordfish`]) {
      await configured.write("BELLWIRE_API_KEYS", text);
      const { level, reason } = await configured.hangUp("config.refused");
      assert.equal(level, "error");
      assert.match(String(reason), /^BELLWIRE_API_KEYS_FILE names a file/, String(reason));
    }
    assert.doesNotMatch(service.output.text, /swordfish/);
    assert.deepEqual(await configured.statuses(KEY), new Set([201]));
    assert.deepEqual(await configured.statuses(OTHER_KEY), new Set([401]));
    // Nor is the secret another one, though that could be used.
    await service.inbox("ada");
    assert(device.isOpen);
    service.output.stderr = "";
  });
}

Deno.test("a worker that takes another's place has the settings that are in force by then", async () => {
  await using configured = await Configured.start("2", "tests/drivers/fragile/main.ts");
  const { service } = configured;
  await configured.write("BELLWIRE_API_KEYS", `shop:${OTHER_KEY}\n`);
  const line = await configured.hangUp("config.reloaded");
  assert.equal(line["variable"], "BELLWIRE_API_KEYS");
  const answer = await service.fetch("/crash/throw");
  await answer.body?.cancel();
  await eventually(
    () => service.output.log.some(({ event }) => event === "worker.restarted"),
    () => `another worker\n${service.output.text}`,
    40_000,
  );
  assert.deepEqual(await configured.statuses(OTHER_KEY), new Set([201]));
  assert.deepEqual(await configured.statuses(KEY), new Set([401]));
  assert.equal((await configured.hangUp("config.reloaded"))["variable"], undefined);
  service.output.stderr = "";
});

Deno.test("in dev mode SIGHUP ends it, as it does any program whose terminal was closed", async () => {
  const env = { BELLWIRE_JWT_SECRET: "", BELLWIRE_API_KEYS: "" };
  await using service = await Service.start({ env });
  service.signal("SIGHUP");
  assert.notEqual(await service.gone(), 0);
});

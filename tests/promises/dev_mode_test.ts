import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { within } from "../drivers/deadline.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import { ServiceProcess } from "../drivers/service_process.ts";
import { signUserToken } from "../drivers/user_token.ts";

const ENV = { PORT: "0", BELLWIRE_LOG: "json" };

/** A machine on which nothing was configured: an empty folder. */
async function fresh(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_dev_" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs the service while `test` does. */
async function running<T>(
  { env = {}, folder }: { env?: Record<string, string>; folder: string },
  test: (url: string, process: ServiceProcess) => Promise<T>,
): Promise<T> {
  const process = new ServiceProcess({ ...ENV, ...env }, { cwd: folder, asTask: true });
  try {
    const ready = await process.ready();
    assert(ready !== undefined, process.output.text);
    return await test(ready.url, process);
  } finally {
    process.signal("SIGTERM");
    assert.equal(await within(process.ended, "its end"), 0, process.output.text);
  }
}

/** What a start came to that has to fail. */
async function refusal(env: Record<string, string>, folder: string): Promise<[number, string]> {
  const process = new ServiceProcess({ ...ENV, ...env }, { cwd: folder });
  const code = await within(process.ended, () => `its end\n${process.output.text}`);
  assert.equal(process.output.stdout, "");
  return [code, process.output.stderr];
}

function publish(url: string, key: string): Promise<Response> {
  return fetch(`${url}/v1/notifications`, {
    method: "POST",
    // As `curl -d` says it.
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: '{"to":{"user":"ada"},"title":"Build finished"}',
  });
}

async function titles(url: string, secret: string): Promise<string[]> {
  const token = await signUserToken("ada", { secret });
  const answer = await fetch(`${url}/v1/inbox`, { headers: { authorization: `Bearer ${token}` } });
  const { items } = await answer.json();
  return items.map(({ title }: { title: string }) => title);
}

Deno.test("with nothing configured it starts, warns, and says how to publish and where its data is", async () => {
  await fresh(async (folder) => {
    const secretsPath = join(folder, "data", "bellwire.dev.json");
    const secrets = await running({ folder }, async (url, { output }) => {
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
      const { stdout } = output;
      assert.match(stdout, /DEV MODE/);
      assert(stdout.includes(`${url}/`) && stdout.includes(`${url}/v1/notifications`));
      assert(stdout.includes(join(folder, "data", "bellwire.db")));
      assert(stdout.includes(secretsPath));
      const key = /Authorization: Bearer (\S+)'/.exec(stdout)?.[1] ?? "";
      const secrets = JSON.parse(await Deno.readTextFile(secretsPath));
      assert.equal(key, secrets.publisherKey);
      assert(!stdout.includes(secrets.jwtSecret));

      const answer = await publish(url, key);
      assert.equal(answer.status, 201, await answer.text());
      assert.deepEqual(await titles(url, secrets.jwtSecret), ["Build finished"]);
      const page = await fetch(url);
      assert.equal(page.status, 200);
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
      await page.body?.cancel();
      return secrets;
    });
    if (Deno.build.os !== "windows") {
      assert.equal(((await Deno.stat(secretsPath)).mode ?? 0) & 0o777, 0o600);
    }

    // Starting again finds everything: the data, the key, and the secret of tokens handed out.
    await running({ folder }, async (url) => {
      assert.deepEqual(JSON.parse(await Deno.readTextFile(secretsPath)), secrets);
      assert.deepEqual(await titles(url, secrets.jwtSecret), ["Build finished"]);
      const answer = await publish(url, secrets.publisherKey);
      assert.equal(answer.status, 201, await answer.text());
    });
  });
});

Deno.test("in dev mode nobody but this machine can reach it", async () => {
  const outside = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  await fresh(async (folder) => {
    await running({ folder }, async (url) => {
      const port = Number(new URL(url).port);
      for (const { address } of outside) {
        await assert.rejects(Deno.connect({ hostname: address, port }), address);
      }
    });
    for (const HOST of ["localhost", "127.0.0.1"]) {
      await running({ folder, env: { HOST } }, async (url) => {
        const answer = await fetch(`${url}/live`);
        assert.equal(answer.status, 200, await answer.text());
      });
    }
  });
});

Deno.test("pages of other sites can't connect to a dev mode, even with a token", async () => {
  await fresh(async (folder) => {
    await running({ folder }, async (url) => {
      const { jwtSecret } = JSON.parse(
        await Deno.readTextFile(join(folder, "data", "bellwire.dev.json")),
      );
      await using socket = await RawSocket.open(`${url.replace("http", "ws")}/v1/stream`, {
        headers: { origin: "https://evil.example" },
      });
      await socket.send({
        type: "hello",
        token: await signUserToken("ada", { secret: jwtSecret }),
      });
      assert.equal((await socket.closedByServer()).code, 4507);
    });
  });
});

Deno.test("where others could reach it, missing credentials are an error, all of them at once", async () => {
  await fresh(async (folder) => {
    const unsafe: Record<string, string>[] = [
      { HOST: "0.0.0.0" },
      { HOST: "::" },
      { HOST: "192.0.2.1" },
      { container: "1" },
      { KUBERNETES_SERVICE_HOST: "10.0.0.1" },
      { DENO_DEPLOYMENT_ID: "abc" },
    ];
    for (const env of unsafe) {
      const [code, text] = await refusal({ ...env, BELLWIRE_INBOX_MAX: "many" }, folder);
      assert.equal(code, 78, text);
      for (const name of ["BELLWIRE_JWT_SECRET", "BELLWIRE_API_KEYS", "BELLWIRE_INBOX_MAX"]) {
        assert.match(text, new RegExp(`^  ${name} `, "m"));
      }
      assert(!text.includes("    at "), "a stack trace is no help");
    }
    const [code, text] = await refusal({ BELLWIRE_JWT_SECRET: "too-short-1234" }, folder);
    assert.equal(code, 78);
    assert.match(text, /BELLWIRE_JWT_SECRET .*32 bytes/);
    assert(!text.includes("too-short-1234"));
    // Nothing was begun.
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { CERTIFICATE } from "../drivers/certificate.ts";
import { eventually, within } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";
import { ServiceProcess } from "../drivers/service_process.ts";
import { TLS_FOLDER } from "../drivers/paths.ts";

const read = (name: string) => Deno.readTextFileSync(join(TLS_FOLDER, name));
const FIRST = { cert: read("cert.pem"), key: read("key.pem"), ca: read("ca.pem") };
const SECOND = { ...CERTIFICATE, ca: CERTIFICATE.cert };

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A service whose certificate is mounted as Kubernetes does it: behind a link to a folder. */
class Mounted implements AsyncDisposable {
  readonly service: Service;
  readonly #folder: string;
  #versions = 1;

  private constructor(service: Service, folder: string) {
    this.service = service;
    this.#folder = folder;
  }

  static async start(env: Record<string, string>): Promise<Mounted> {
    const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
    await mount(folder, 0, FIRST);
    const service = await Service.start({
      env: {
        BELLWIRE_TLS_CERT: join(folder, "tls.crt"),
        BELLWIRE_TLS_KEY: join(folder, "tls.key"),
        ...env,
      },
      caCert: `${FIRST.ca}\n${SECOND.ca}`,
    });
    return new Mounted(service, folder);
  }

  replace(pair: Pair): Promise<void> {
    return mount(this.#folder, this.#versions++, pair);
  }

  /** Which certificate new connections get, of several that are made. */
  async served(): Promise<Set<string>> {
    const served = new Set<string>();
    for (let i = 0; i < 8; i++) {
      for (const [name, { ca }] of Object.entries({ FIRST, SECOND })) {
        using client = Deno.createHttpClient({ caCerts: [ca], poolMaxIdlePerHost: 0 });
        try {
          await (await fetch(`${this.service.url}/live`, { client })).text();
          served.add(name);
        } catch (error) {
          assert(error instanceof TypeError);
        }
      }
    }
    return served;
  }

  logged(event: string): Promise<Record<string, unknown>> {
    return eventually(
      () => this.service.output.log.find((line) => line.event === event),
      () => `${event}\n${this.service.output.text}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function mount(folder: string, version: number, { cert, key }: Pair): Promise<void> {
  const data = join(folder, `..${version}`);
  await Deno.mkdir(data);
  await Deno.writeTextFile(join(data, "tls.crt"), cert);
  await Deno.writeTextFile(join(data, "tls.key"), key);
  await Deno.symlink(data, join(folder, "..next"));
  await Deno.rename(join(folder, "..next"), join(folder, "..data"));
  if (version > 0) return;
  for (const name of ["tls.crt", "tls.key"]) {
    await Deno.symlink(join("..data", name), join(folder, name));
  }
}

/** Publishes over connections of their own until it is stopped; gives what was not answered 201. */
function publishing(service: Service): { stop(): Promise<readonly string[]> } {
  let isOver = false;
  const others: string[] = [];
  const loop = (async () => {
    while (!isOver) {
      try {
        const answer = await service.publish({ to: { user: "ada" }, title: "Hello" });
        const text = await answer.text();
        if (answer.status !== 201) others.push(`${answer.status} ${text}`);
      } catch (error) {
        others.push(String(error));
      }
    }
  })();
  return {
    async stop() {
      isOver = true;
      await loop;
      return others;
    },
  };
}

for (const workers of ["1", "2"]) {
  const where = workers === "1" ? "" : " by all workers";

  Deno.test(`a certificate whose files change is served${where} without a restart, and nobody misses anything`, async () => {
    await using mounted = await Mounted.start({ BELLWIRE_WORKERS: workers });
    const { service } = mounted;
    assert.deepEqual(await mounted.served(), new Set(["FIRST"]));
    await using device = await Device.connect(service, "ada");
    const publisher = publishing(service);
    await mounted.replace(SECOND);
    const { variable } = await mounted.logged("config.reloaded");
    assert.equal(variable, "BELLWIRE_TLS_CERT");
    const { code, disconnect } = await device.closedByServer();
    assert.deepEqual([code, disconnect?.["reconnect"]], [4001, true]);
    assert.deepEqual(await publisher.stop(), []);
    await eventually(
      async () => !(await mounted.served()).has("FIRST"),
      "the end of the old certificate",
    );
    assert.deepEqual(await mounted.served(), new Set(["SECOND"]));
    await device.connect();
    await service.published({ to: { user: "ada" }, title: "The last" });
    await device.until(() => device.items.some(({ title }) => title === "The last"), "the last");
    await device.equalsInbox();
    await device.close();
    assert.equal(await service.stop(), 0);
  });
}

Deno.test("SIGHUP reads the certificate again, twice, and a call that is under way is answered", async () => {
  await using mounted = await Mounted.start({});
  const { service } = mounted;
  await mounted.replace(SECOND);
  service.signal("SIGHUP");
  await eventually(async () => !(await mounted.served()).has("FIRST"), "the second certificate");
  await mounted.replace(FIRST);
  service.signal("SIGHUP");
  await eventually(async () => !(await mounted.served()).has("SECOND"), "the first one again");
  await service.published({ to: { user: "ada" }, title: "Still here" });
  assert.equal(await service.stop(), 0);
});

Deno.test("a certificate that can't be used is refused with what is wrong, and the old one goes on", async () => {
  await using mounted = await Mounted.start({});
  const { service } = mounted;
  await using device = await Device.connect(service, "ada");
  for (const pair of [{ ...SECOND, key: FIRST.key }, { ...SECOND, cert: "nonsense" }]) {
    service.output.stderr = "";
    await mounted.replace(pair);
    service.signal("SIGHUP");
    const { level, reason } = await mounted.logged("config.refused");
    assert.equal(level, "error");
    assert.match(String(reason), /BELLWIRE_TLS_CERT and BELLWIRE_TLS_KEY/);
  }
  assert.deepEqual(await mounted.served(), new Set(["FIRST"]));
  assert(device.isOpen);
  service.output.stderr = "";
});

Deno.test("a port on which TLS is spoken is refused to a second service, though it may be shared", async () => {
  await using mounted = await Mounted.start({});
  const { service } = mounted;
  const second = new ServiceProcess({
    ...service.environment(),
    PORT: new URL(service.url).port,
    BELLWIRE_KV: join(service.folder, "second.db"),
    BELLWIRE_TLS_CERT: join(TLS_FOLDER, "cert.pem"),
    BELLWIRE_TLS_KEY: join(TLS_FOLDER, "key.pem"),
  });
  assert.equal(await within(second.ended, "its end"), 1, second.output.text);
  assert.match(second.output.stderr, /PORT=/);
});

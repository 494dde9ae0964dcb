// long: each of four restarts waits until the proxy has taken note.
import assert from "node:assert/strict";
import { eventually } from "../drivers/deadline.ts";
import { DenokvServer } from "../drivers/denokv_server.ts";
import { Device } from "../drivers/device.ts";
import { findCaddy, findDenokv } from "../drivers/find_programs.ts";
import { startFrontProxy } from "../drivers/front_proxy.ts";
import { ProxiedService } from "../drivers/proxied_service.ts";
import type { Service } from "../drivers/service.ts";
import { Together } from "../drivers/together.ts";

const denokv = findDenokv();
const caddy = findCaddy();

const PER_SECOND = 60;

/** Publishes through the proxy at a steady pace, and keeps whatever is answered other than 201. */
class Publisher {
  readonly others: string[] = [];
  acknowledged = 0;
  readonly #front: ProxiedService;
  readonly #headers: Record<string, string>;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #underway = new Set<Promise<void>>();

  constructor(front: ProxiedService, key: string) {
    this.#front = front;
    this.#headers = { "authorization": `Bearer ${key}`, "content-type": "application/json" };
    this.#timer = setInterval(() => {
      const publish = this.#publish().finally(() => this.#underway.delete(publish));
      this.#underway.add(publish);
    }, 1_000 / PER_SECOND);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underway);
  }

  async #publish(): Promise<void> {
    const body = JSON.stringify({ to: { user: "ada" }, title: "Hello" });
    try {
      const answer = await this.#front.fetch("/v1/notifications", {
        method: "POST",
        headers: this.#headers,
        body,
      });
      const text = await answer.text();
      if (answer.status === 201) this.acknowledged++;
      else this.others.push(`${answer.status} ${text}`);
    } catch (error) {
      this.others.push(String(error));
    }
  }
}

Deno.test({
  name:
    "two instances behind the real Caddy are restarted in turn, and every publish is answered 201",
  ignore: denokv === undefined || caddy === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    // As it is configured where nothing is said.
    const env = { BELLWIRE_SHUTDOWN_DELAY_SECONDS: "" };
    await using together = await Together.start(server, 2, env);
    await using proxy = await startFrontProxy(together.instances.map(({ url }) => url));
    assert.equal(proxy.name, "caddy");
    using front = new ProxiedService(proxy, together.instances[0] as Service);
    await using device = await Device.connect(front, "ada");
    const publisher = new Publisher(front, (together.instances[0] as Service).key);
    try {
      for (const round of [1, 2]) {
        for (const service of together.instances) {
          const before = publisher.acknowledged;
          assert.equal(await service.stop(), 0, service.output.text);
          await service.restart();
          await eventually(
            () => publisher.acknowledged >= before + PER_SECOND,
            () => `publishing in round ${round}: ${publisher.others.at(-1)}`,
          );
        }
      }
    } finally {
      await publisher.stop();
    }
    assert.deepEqual(publisher.others, []);
    assert(publisher.acknowledged > 500, `only ${publisher.acknowledged}`);
    assert.equal((await device.closedByServer()).code, 4001);
  },
});

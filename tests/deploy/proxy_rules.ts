import assert from "node:assert/strict";
import type { ProxiedService } from "../drivers/proxied_service.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import type { Service } from "../drivers/service.ts";

/** Rules that every proxy with a configuration in `deploy/` has to keep. */

/** A page of the proxy's own origin may connect, and no other, whatever the caller claims. */
export async function acceptsOwnOriginOnly(front: ProxiedService): Promise<void> {
  const connect = async (headers: Record<string, string>) => {
    const socket = await RawSocket.open(front.streamUrl, { headers, caCert: front.caCert });
    await socket.send({ type: "hello", token: await front.token("ada") });
    return socket;
  };
  await using own = await connect({ origin: front.url });
  await own.message("reset");
  const others: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "https://evil.example", "x-forwarded-host": "evil.example" },
    { origin: "https://localhost" },
  ];
  for (const headers of others) {
    await using other = await connect(headers);
    assert.equal((await other.closedByServer()).code, 4507, JSON.stringify(headers));
  }
}

/** The metrics are there for the network behind the proxy only, however their path is written. */
export async function hidesMetrics(front: ProxiedService, service: Service): Promise<void> {
  assert.match(await (await service.fetch("/metrics")).text(), /bellwire_/);
  for (
    const path of ["/metrics", "/metrics?a=b", "/%6Detrics", "/metrics/", "/METRICS", "//metrics"]
  ) {
    const answer = await front.fetch(path);
    assert.equal(answer.status, 404, path);
    assert.doesNotMatch(await answer.text(), /bellwire_/);
  }
}

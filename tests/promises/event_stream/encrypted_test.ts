import assert from "node:assert/strict";
import { join } from "node:path";
import { EventStream } from "../../drivers/event_stream.ts";
import { Service } from "../../drivers/service.ts";
import { TLS_FOLDER } from "../../drivers/paths.ts";

Deno.test("streams over TLS_FOLDER, on several workers, come and go each by itself", async () => {
  await using service = await Service.start({
    caCert: Deno.readTextFileSync(join(TLS_FOLDER, "ca.pem")),
    env: {
      BELLWIRE_TLS_CERT: join(TLS_FOLDER, "cert.pem"),
      BELLWIRE_TLS_KEY: join(TLS_FOLDER, "key.pem"),
      BELLWIRE_WORKERS: "2",
    },
  });
  const streams = await Promise.all(
    Array.from({ length: 6 }, () => EventStream.open(service)),
  );
  await Promise.all(streams.map((stream) => stream.until(() => stream.model.isLive, "a reset")));
  await service.published({ to: { user: "ada" }, title: "One" });
  await Promise.all(streams.map((stream) => stream.reaches(1)));
  const [first, ...rest] = streams as [EventStream, ...EventStream[]];
  await first.drop();
  await service.connections(rest.length);
  await service.published({ to: { user: "ada" }, title: "Two" });
  await Promise.all(rest.map((stream) => stream.reaches(2)));
  await using again = await EventStream.open(service, {
    model: first.model,
    lastEventId: first.lastId,
  });
  await again.reaches(2);
  await Promise.all([again, ...rest].map((stream) => stream.drop()));
  await service.connections(0);
});

Deno.test("a page of the service's own origin gets a stream over HTTP/2, another one does not", async () => {
  await using service = await Service.start({
    caCert: Deno.readTextFileSync(join(TLS_FOLDER, "ca.pem")),
    env: {
      BELLWIRE_TLS_CERT: join(TLS_FOLDER, "cert.pem"),
      BELLWIRE_TLS_KEY: join(TLS_FOLDER, "key.pem"),
    },
  });
  const authorization = `Bearer ${await service.token("ada")}`;
  const open = async (origin: string) => {
    const answer = await service.fetch("/v1/stream", {
      headers: { accept: "text/event-stream", authorization, origin },
    });
    await answer.body?.cancel();
    return answer.status;
  };
  assert.equal(await open(service.url), 200);
  assert.equal(await open("https://evil.example"), 403);
});

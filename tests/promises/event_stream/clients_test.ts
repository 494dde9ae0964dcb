import assert from "node:assert/strict";
import { type ErrorEvent, EventSource } from "eventsource";
import { eventually, within } from "../../drivers/deadline.ts";
import { findOnPath } from "../../drivers/find_programs.ts";
import { Service } from "../../drivers/service.ts";

const CURL = findOnPath("curl");

Deno.test("the package eventsource follows a stream, and after a crash goes on where it was by itself", async () => {
  await using service = await Service.start();
  const token = await service.token("ada");
  const source = new EventSource(`${service.url}/v1/stream`, {
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
  });
  const seqs: number[] = [];
  let opened = 0;
  source.addEventListener("open", () => opened++);
  source.addEventListener("notification", ({ data }) => seqs.push(JSON.parse(data).seq));
  try {
    await eventually(() => opened === 1 && source.readyState === EventSource.OPEN, "the stream");
    await eventually(async () => {
      const { online } = await service.presence("ada");
      return online;
    }, "the device");
    await service.published({ to: { user: "ada" }, title: "One" });
    await service.published({ to: { user: "ada" }, title: "Two" });
    await eventually(() => seqs.includes(2), "both");
    const had = [...seqs];
    await service.kill();
    await service.restart();
    await service.published({ to: { user: "ada" }, title: "While it was away" });
    await eventually(() => seqs.includes(3), "what it missed");
    assert(opened >= 2);
    assert.deepEqual(seqs, [...had, 3]);
  } finally {
    source.close();
  }
  await service.connections(0);
});

Deno.test("the package eventsource does not come back with a ticket that was used", async () => {
  await using service = await Service.start();
  const headers = { authorization: `Bearer ${await service.token("ada")}` };
  const answer = await service.fetch("/v1/tickets", { method: "POST", headers });
  const { ticket } = await answer.json();
  const source = new EventSource(`${service.url}/v1/stream?ticket=${ticket}`);
  const refused = new Promise<ErrorEvent>((resolve) =>
    source.addEventListener("error", (error) => error.code === 401 && resolve(error))
  );
  try {
    await new Promise<void>((resolve) => source.addEventListener("welcome", () => resolve()));
    await service.kill();
    await service.restart();
    await within(refused, "the refusal");
    assert.equal(source.readyState, EventSource.CLOSED);
  } finally {
    source.close();
  }
});

Deno.test("curl -N follows a stream, and resumes by the id that it showed", {
  ignore: CURL === undefined,
}, async () => {
  await using service = await Service.start();
  const token = await service.token("ada");
  const follow = async (until: string, ...args: string[]): Promise<string> => {
    const curl = new Deno.Command(CURL as string, {
      args: [
        "-sSN",
        "--compressed",
        "-H",
        "Accept: text/event-stream",
        "-H",
        `Authorization: Bearer ${token}`,
        ...args,
      ],
      stdout: "piped",
    }).spawn();
    let text = "";
    const reading = (async () => {
      for await (const chunk of curl.stdout.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (text.includes(until)) return;
      }
    })();
    await within(reading, () => `${until} in ${text}`);
    curl.kill("SIGTERM");
    await curl.status;
    return text;
  };
  const url = `${service.url}/v1/stream`;
  const following = follow('"title":"Two"', url);
  await eventually(async () => (await service.presence("ada")).online, "curl");
  for (const title of ["One", "Two"]) await service.published({ to: { user: "ada" }, title });
  const text = await following;
  await service.connections(0);
  await service.published({ to: { user: "ada" }, title: "Three" });
  const ids = [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id as string);
  const id = ids.at(-1) as string;
  for (const args of [["-H", `Last-Event-ID: ${id}`, url], [`${url}?cursor=${id}`]]) {
    const rest = await follow('"type":"caughtUp","stream":"user"', ...args);
    assert.match(rest, /^event: notification\ndata: .*"title":"Three"/m);
    assert.doesNotMatch(rest, /"title":"(One|Two)"/);
  }
  await service.connections(0);
});

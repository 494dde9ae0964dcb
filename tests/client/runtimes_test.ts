// long: it installs an app and starts a service for each runtime
import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually, within } from "../drivers/deadline.ts";
import { ownEnvironment, runtimeOfNpm } from "../drivers/npm.ts";
import { codeOf } from "../drivers/readme.ts";
import { Service } from "../drivers/service.ts";
import { installClient } from "./support/packed_client.ts";

/** What the app does besides what the README says; it ends when nobody has anything to tell it. */
const APP = `
const say = (what, text) => console.log(JSON.stringify([what, text]));
bell.on("connection", ({ state, reason }) => say(state, reason));
bell.on("notification", ({ title }) => say("told", title));
process.stdin.on("data", () =>
  bell.mark("read", bell.getSnapshot().items).then(() => say("marked"), (error) => say("refused", error.code)));
process.stdin.on("end", () => bell.close());
`;

/** A program that uses the client, as a process. */
class ClientProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #read: Promise<void[]>;
  #said = "";
  #errors = "";

  constructor(runtime: string, script: string, token: string) {
    this.#process = new Deno.Command(runtime, {
      args: [script],
      clearEnv: true,
      env: { ...ownEnvironment(), TOKEN: token },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    const { stdout, stderr } = this.#process;
    this.#read = Promise.all([
      pour(stdout, (text) => this.#said += text),
      pour(stderr, (text) => this.#errors += text),
    ]);
  }

  /** What it has said of this so far. */
  said(what: string): (string | undefined)[] {
    const lines = this.#said.split("\n").slice(0, -1).map((line) => JSON.parse(line));
    return lines.filter(([name]) => name === what).map(([, text]) => text);
  }

  async says(what: string, times = 1): Promise<void> {
    await eventually(
      () => this.said(what).length >= times,
      () => `${times} × ${what}; it said\n${this.#said}${this.#errors}`,
    );
  }

  async mark(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("mark\n"));
  }

  /** Tells it to close its bell, and waits for its end. @returns the exit code */
  async end(): Promise<number> {
    await this.#input.close();
    const { code } = await within(this.#process.status, () => `the end of a client\n${this.#said}`);
    await this.#read;
    assert.equal(this.#errors, "");
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#input.close().catch(() => {});
    await this.#read;
  }
}

async function pour(stream: ReadableStream<Uint8Array>, take: (text: string) => void) {
  const decoder = new TextDecoder();
  for await (const bytes of stream) take(decoder.decode(bytes, { stream: true }));
}

const [node, nodeWithoutSockets, bun] = await Promise.all(
  ["node@22.23.3", "node@20.20.2", "bun@1.4.5"].map(runtimeOfNpm),
);

/** Ways to use the client outside of browsers. */
const WAYS = [
  { name: "Node.js", runtime: node },
  {
    name: "Node.js that has no WebSocket, with that of the package ws",
    runtime: nodeWithoutSockets,
    ws: true,
  },
  { name: "Node.js that has no WebSocket, over server-sent events", runtime: nodeWithoutSockets },
  { name: "Bun", runtime: bun },
];

for (const { name, runtime, ws = false } of WAYS) {
  Deno.test(
    `a program gets everything once, also from a service that was killed, and its marks are kept: ${name}`,
    { ignore: runtime === undefined },
    async () => {
      await using service = await Service.start();
      const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
      try {
        const lines = (await codeOf("client/README.md", "process.env.TOKEN"))
          .replace("https://notify.example.com", service.url);
        const given = `import { WebSocket } from "ws";\n${
          lines.replace("{ getToken", "{ WebSocket, getToken")
        }`;
        await Deno.writeTextFile(join(folder, "app.mjs"), (ws ? given : lines) + APP);
        await installClient(folder, ...(ws ? ["ws@8.23.0"] : []));
        await using app = new ClientProcess(
          runtime ?? "",
          join(folder, "app.mjs"),
          await service.token("ada"),
        );
        await usesService(app, service);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}

async function usesService(app: ClientProcess, service: Service): Promise<void> {
  await app.says("live");
  await service.published({ to: { user: "ada" }, title: "one" });
  await app.says("told");
  await service.kill();
  await app.says("reconnecting");
  await app.mark();
  await service.restart();
  await service.published({ to: { user: "ada" }, title: "two" });
  await app.says("told", 2);
  await app.says("marked");
  await service.published({ to: { user: "ada" }, title: "three" });
  await app.says("told", 3);
  assert.deepEqual(app.said("told"), ["one", "two", "three"]);
  assert.deepEqual(
    (await service.inbox("ada")).map(({ title, read }) => [title, read]),
    [["three", false], ["two", false], ["one", true]],
  );
  assert.equal(await app.end(), 0);
}

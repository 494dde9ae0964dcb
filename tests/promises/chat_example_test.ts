import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { within } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";

const CHAT = fileURLToPath(new URL("../../examples/chat/chat.ts", import.meta.url));

/** Somebody at a terminal. */
class Chatter implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: string[] = [];
  readonly #reading: Promise<void>;
  #told = Promise.withResolvers<void>();

  constructor(token: string, url: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-net", CHAT, token, "chat", url],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.#lines.push(...text.split("\n").filter((line) => line !== ""));
      this.#told.resolve();
      this.#told = Promise.withResolvers();
    }
  }

  async say(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  async sees(...lines: string[]): Promise<void> {
    const all = async () => {
      while (this.#lines.length < lines.length) await this.#told.promise;
    };
    await within(all(), `the lines ${JSON.stringify(lines)}`);
    assert.deepEqual(this.#lines, lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#reading;
    await this.#input.close().catch(() => {});
  }
}

Deno.test("the chat example is a chat: all see what each says, also who was away", async () => {
  await using service = await Service.start();
  const token = (user: string) =>
    service.token(user, { claims: { topics: ["chat"], publish: ["topic:chat"] } });
  const IN = "-- You are in chat. Type a line.";
  await using ada = new Chatter(await token("ada"), service.streamUrl);
  await ada.sees(IN);
  {
    await using bob = new Chatter(await token("bob"), service.streamUrl);
    await bob.sees(IN);
    await ada.say("Hello Bob");
    await bob.sees(IN, "ada: Hello Bob");
    await bob.say("Hello Ada");
    await ada.sees(IN, "ada: Hello Bob", "bob: Hello Ada");
  }
  await ada.say("Still there?");
  await ada.sees(IN, "ada: Hello Bob", "bob: Hello Ada", "ada: Still there?");
  await using again = new Chatter(await token("bob"), service.streamUrl);
  await again.sees("ada: Hello Bob", "bob: Hello Ada", "ada: Still there?", IN);
});

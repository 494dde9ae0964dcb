import { eventually, within } from "./deadline.ts";

const TOKEN = "a-token-of-the-tests";
const TOKEN_VARIABLE = "DENO_KV_ACCESS_TOKEN";

/** A `denokv` server on a file of its own; it can be killed and started again on what it wrote. */
export class DenokvServer implements AsyncDisposable {
  readonly #program: string;
  readonly #folder: string;
  readonly #port: number;
  #process: Deno.ChildProcess;

  private constructor(program: string, folder: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.#port = port;
    this.#process = this.#spawn();
  }

  /** Resolves once it answers. @param program path of `denokv` */
  static async start(program: string): Promise<DenokvServer> {
    const server = new DenokvServer(program, await Deno.makeTempDir(), freePort());
    await server.#answers();
    return server;
  }

  /** What a service needs to work on it. */
  get environment(): Record<string, string> {
    return { BELLWIRE_KV: this.url, [TOKEN_VARIABLE]: TOKEN };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The SQLite file that it works on. */
  get file(): string {
    return `${this.#folder}/kv.sqlite`;
  }

  /** A handle that the caller closes. */
  async open(): Promise<Deno.Kv> {
    const before = Deno.env.get(TOKEN_VARIABLE);
    Deno.env.set(TOKEN_VARIABLE, TOKEN);
    try {
      return await Deno.openKv(this.url);
    } finally {
      if (before === undefined) Deno.env.delete(TOKEN_VARIABLE);
      else Deno.env.set(TOKEN_VARIABLE, before);
    }
  }

  /** As if its machine lost power, but for what the disk remembers. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await within(this.#process.status, "the end of denokv");
  }

  /** Starts it again after {@link kill}. */
  async restart(): Promise<void> {
    this.#process = this.#spawn();
    await this.#answers();
  }

  /** It stands still with what was sent to it, and does that when it goes on. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  /** Goes on after {@link pause}. */
  resume(): void {
    this.#process.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #spawn(): Deno.ChildProcess {
    return new Deno.Command(this.#program, {
      args: [
        ...["--sqlite-path", this.file, "serve", "--access-token", TOKEN],
        ...["--addr", `127.0.0.1:${this.#port}`],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Whatever it answers will do: it listens. */
  async #answers(): Promise<void> {
    await eventually(async () => {
      try {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
        connection.close();
        return true;
      } catch {
        return false;
      }
    }, "denokv to listen");
  }
}

/** A port that nobody listens on at the moment. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

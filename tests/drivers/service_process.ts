// deno-lint-ignore-file no-console -- shows what the service wrote when something is wrong
import assert from "node:assert/strict";
import { join } from "node:path";
import { within } from "./deadline.ts";
import { ROOT } from "./paths.ts";

/** What would make the service behave in another way on the machine of the tests. */
const NOT_INHERITED =
  /^(PORT|HOST|BELLWIRE_.*|DENO_KV_ACCESS_TOKEN|container|KUBERNETES_SERVICE_HOST|DENO_DEPLOYMENT_ID)$/;

/** No proxy has to take note that a service of the tests stops, unless a test is about that. */
const AT_ONCE = { BELLWIRE_SHUTDOWN_DELAY_SECONDS: "0" };

/** A line of the service's JSON log. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** What a process has written so far. */
export class ProcessOutput {
  stdout = "";
  stderr = "";

  /** Both together, for people. */
  get text(): string {
    return `--- stdout\n${this.stdout}--- stderr\n${this.stderr}---`;
  }

  /** The lines of the log, in the order of each of the two outputs. */
  get log(): LogLine[] {
    return `${this.stdout}\n${this.stderr}`.split("\n").filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  }
}

/** `main.ts` as a process. */
export class ServiceProcess {
  readonly output = new ProcessOutput();
  /** Resolves with the exit code when the process is gone and its output is read. */
  readonly ended: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #ready = Promise.withResolvers<LogLine | undefined>();
  #isOver = false;
  #expected = false;

  /**
   * @param env the variables of the service; those of the tests' own environment that it would heed
   * are left out
   * @param options `cwd` is where it runs; with `asTask` it may do only what the task `start` lets it;
   * `program` is what runs instead of `main.ts`; `openFiles` is how many it may have open
   */
  constructor(
    env: Readonly<Record<string, string>>,
    { cwd = ROOT, asTask = false, program = "main.ts", openFiles }: {
      cwd?: string;
      asTask?: boolean;
      program?: string;
      openFiles?: number;
    } = {},
  ) {
    const inherited = Object.entries(Deno.env.toObject())
      .filter(([name]) => !NOT_INHERITED.test(name));
    const deno = [Deno.execPath(), ...(asTask ? taskArguments() : ["run", "-A", "--no-prompt"])];
    const limited = openFiles === undefined
      ? []
      : ["sh", "-c", `ulimit -n ${openFiles} && exec "$0" "$@"`];
    const [command = "", ...args] = [...limited, ...deno, join(ROOT, program)];
    this.#child = new Deno.Command(command, {
      args,
      cwd,
      clearEnv: true,
      env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...AT_ONCE, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.ended = this.#run();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until it is ready; gives undefined where it ended instead. */
  async ready(): Promise<{ url: string } | undefined> {
    try {
      const line = await within(
        this.#ready.promise,
        () => `readiness\n${this.output.text}`,
      );
      if (line === undefined) return undefined;
      return { url: String(line["url"]) };
    } catch (error) {
      this.finish();
      await this.ended;
      throw error;
    }
  }

  signal(signal: Deno.Signal): void {
    this.#expected = true;
    if (this.#isOver) return;
    try {
      this.#child.kill(signal);
    } catch {
      // It ended, and that is not known here yet.
    }
  }

  /** Makes sure that it ends. */
  finish(): void {
    const alone = this.#isOver && !this.#expected;
    if (alone || this.output.stderr.includes('"level":"error"')) console.error(this.output.text);
    this.signal("SIGKILL");
  }

  async #run(): Promise<number> {
    const [status] = await Promise.all([
      this.#child.status,
      this.#read(this.#child.stdout, (text) => {
        this.output.stdout += text;
        this.#lookForReady();
      }),
      this.#read(this.#child.stderr, (text) => this.output.stderr += text),
    ]);
    this.#isOver = true;
    this.#ready.resolve(undefined);
    return status.code;
  }

  async #read(bytes: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of bytes) take(decoder.decode(chunk, { stream: true }));
  }

  #lookForReady(): void {
    const line = /^\{.*"event":"service\.ready".*\}$/m.exec(this.output.stdout)?.[0];
    if (line !== undefined) this.#ready.resolve(JSON.parse(line));
  }
}

/** What the task `start` gives `deno`, the file left out. */
function taskArguments(): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const words: string[] = tasks.start.command.split(" ");
  assert.deepEqual([words[0], words.at(-1)], ["deno", "main.ts"]);
  return words.slice(1, -1);
}

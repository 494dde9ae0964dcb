import { join } from "node:path";
import { eventually, within } from "../../drivers/deadline.ts";
import { ownEnvironment, run } from "../../drivers/npm.ts";
import { installClient } from "./packed_client.ts";

/** A new app, as `npm create vite` makes one. */
const PACKAGE = {
  name: "app",
  private: true,
  type: "module",
  dependencies: { react: "19.3.1", "react-dom": "19.3.1" },
  devDependencies: {
    "@types/react": "19.3.0",
    "@types/react-dom": "19.3.0",
    typescript: "7.0.2",
    vite: "8.4.0",
  },
};

const TYPES = {
  compilerOptions: {
    target: "es2023",
    module: "esnext",
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    moduleResolution: "bundler",
    jsx: "react-jsx",
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    noEmit: true,
  },
  include: ["src"],
};

/** An app made with Vite that has the client as npm packs it. */
export class ViteApp implements AsyncDisposable {
  private constructor(readonly folder: string, readonly node: string) {}

  /**
   * Makes one, and installs what it needs.
   *
   * @param files by path
   * @param node the Node.js that Vite runs on
   */
  static async create(files: Readonly<Record<string, string>>, node: string): Promise<ViteApp> {
    await using cleanUp = new AsyncDisposableStack();
    const app = cleanUp.use(new ViteApp(await Deno.makeTempDir({ prefix: "bellwire_" }), node));
    await app.write({
      "package.json": JSON.stringify(PACKAGE),
      "tsconfig.json": JSON.stringify(TYPES),
      ...files,
    });
    await installClient(app.folder);
    cleanUp.move();
    return app;
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, path);
      await Deno.mkdir(join(file, ".."), { recursive: true });
      await Deno.writeTextFile(file, text);
    }
  }

  /** Runs a program of one of its packages to the end. @throws {ProgramFailed} */
  async run(script: string, ...args: string[]): Promise<string> {
    return await run(this.node, [join("node_modules", script), ...args], this.folder);
  }

  /** Serves the app with `vite` or `vite preview`. */
  async serve(...args: string[]): Promise<ViteServer> {
    const server = new ViteServer(this, args);
    await server.listens();
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Vite as a process. */
export class ViteServer implements AsyncDisposable {
  url = "";
  readonly #process: Deno.ChildProcess;
  readonly #written: Promise<void>[];
  #output = "";

  constructor({ folder, node }: ViteApp, args: readonly string[]) {
    this.#process = new Deno.Command(node, {
      args: [join("node_modules", VITE), ...args, "--host", "127.0.0.1", "--port", "0"],
      cwd: folder,
      clearEnv: true,
      env: { ...ownEnvironment(), NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#written = [this.#process.stdout, this.#process.stderr].map((it) => this.#read(it));
  }

  async listens(): Promise<void> {
    this.url = await eventually(
      () => /http:\/\/127\.0\.0\.1:\d+\//.exec(this.#output)?.[0],
      () => `Vite\n${this.#output}`,
    );
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) this.#output += decoder.decode(bytes, { stream: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await within(this.#process.status, "Vite's end");
    await Promise.all(this.#written);
  }
}

export const VITE = "vite/bin/vite.js";
export const TSC = "typescript/bin/tsc";

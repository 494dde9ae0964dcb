// long: generates and compiles clients
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";
import { findClientPython, findOpenapiGenerator } from "../../drivers/client_generators.ts";
import { within } from "../../drivers/deadline.ts";
import { findOnPath } from "../../drivers/find_programs.ts";
import { Service } from "../../drivers/service.ts";
import { FutureService } from "./future_service.ts";
import { ROOT } from "../../drivers/paths.ts";

const PROGRAMS = join(import.meta.dirname ?? "", "programs");
const CONFIG = join(ROOT, "deno.dev.json");
/** Generating and compiling takes seconds, and minutes where all processors are busy. */
const PATIENCE_MS = 240_000;

/** What each client has to find, whatever its language. */
const EXPECTED = {
  published: [201, "user:ada"],
  repeated: true,
  everyone: "topic:everyone",
  scheduled: [202, true],
  refused: [400, "invalid_request", "sendAt"],
  batch: [201, 201],
  item: ["Build finished", "high", 41, "Open", false],
  marked: [204, 204, 204],
  unread: 1,
  status: ["sent", true],
  future: "from_the_future",
  unknown: [403, "from_the_future"],
  revoked: 204,
};

/** A service, and a folder to make a client in. */
class Workshop implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "bellwire_client_" });
  readonly #service: Service;
  readonly #future: FutureService;

  private constructor(service: Service) {
    this.#service = service;
    this.#future = new FutureService(service);
  }

  static async open(): Promise<Workshop> {
    return new Workshop(await Service.start());
  }

  /** The document as it is served; generators read it from there. */
  get document(): string {
    return `${this.#service.url}/openapi.json`;
  }

  async run(program: string, args: readonly string[], cwd = this.folder): Promise<string> {
    const { success, stdout, stderr } = await within(
      new Deno.Command(program, {
        args: [...args],
        cwd,
        env: {
          BASE_URL: this.#future.url,
          CLIENT_FOLDER: this.folder,
          PUBLISHER_KEY: this.#service.key,
          USER_TOKEN: await this.#service.token("ada"),
          PYTHONDONTWRITEBYTECODE: "1",
        },
      }).output(),
      `the end of ${program}`,
      PATIENCE_MS,
    );
    const decoder = new TextDecoder();
    const said = decoder.decode(stdout);
    assert(success, `${program} ${args.join(" ")}\n${said}${decoder.decode(stderr)}`);
    return said;
  }

  /** Copies a program to where the client is. */
  async copy(name: string, to: string): Promise<string> {
    const path = join(this.folder, to);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.copyFile(join(PROGRAMS, name), path);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#future[Symbol.asyncDispose]();
    await this.#service[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function found(said: string): unknown {
  return JSON.parse(said.trim().split("\n").at(-1) ?? "");
}

Deno.test("the types that openapi-typescript makes fit the service", async () => {
  await using workshop = await Workshop.open();
  const types = astToString(await openapiTS(new URL(workshop.document)));
  await Deno.writeTextFile(join(workshop.folder, "schema.d.ts"), types);
  const program = await workshop.copy("openapi_typescript.ts.txt", "main.ts");
  await workshop.run(Deno.execPath(), ["check", "--config", CONFIG, program]);
  const args = ["run", "-A", "--no-check", "--config", CONFIG, program];
  assert.deepEqual(found(await workshop.run(Deno.execPath(), args)), EXPECTED);
});

const python = findClientPython();

Deno.test({
  name: "the client that openapi-python-client makes fits the service",
  ignore: python === undefined,
  async fn() {
    await using workshop = await Workshop.open();
    const client = join(workshop.folder, "bellwire");
    const args = ["-m", "openapi_python_client", "generate", "--url", workshop.document];
    await workshop.run(python as string, [...args, "--meta", "none", "--output-path", client]);
    const said = await workshop.run(python as string, [join(PROGRAMS, "openapi_python_client.py")]);
    assert.deepEqual(found(said), EXPECTED);
  },
});

const jar = findOpenapiGenerator();

/** Has openapi-generator make a client in a language. */
async function generate(workshop: Workshop, language: string, folder: string): Promise<void> {
  const java = findOnPath("java") as string;
  const args = ["generate", "-i", workshop.document, "-g", language, "-o", folder];
  await workshop.run(java, ["-jar", jar as string, ...args]);
}

Deno.test({
  name: "the client that openapi-generator makes in Python fits the service",
  ignore: python === undefined || jar === undefined,
  async fn() {
    await using workshop = await Workshop.open();
    await generate(workshop, "python", workshop.folder);
    const said = await workshop.run(python as string, [join(PROGRAMS, "openapi_generator.py")]);
    assert.deepEqual(found(said), EXPECTED);
  },
});

const go = findOnPath("go");

Deno.test({
  name: "the client that openapi-generator makes in Go fits the service",
  ignore: go === undefined || jar === undefined,
  async fn() {
    await using workshop = await Workshop.open();
    const made = join(workshop.folder, "made");
    await generate(workshop, "go", made);
    // Its own tests need a library that nothing else does.
    await Deno.remove(join(made, "test"), { recursive: true });
    await Deno.writeTextFile(join(made, "go.mod"), "module bellwire.test/made\n\ngo 1.18\n");
    await workshop.copy("openapi_generator.go.txt", "main.go");
    await Deno.writeTextFile(
      join(workshop.folder, "go.mod"),
      "module bellwire.test/main\n\ngo 1.18\n\nrequire bellwire.test/made v0.0.0\n\n" +
        "replace bellwire.test/made => ./made\n",
    );
    assert.deepEqual(found(await workshop.run(go as string, ["run", "."])), EXPECTED);
  },
});

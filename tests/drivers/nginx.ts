import assert from "node:assert/strict";
import { join } from "node:path";
import { CERTIFICATE } from "./certificate.ts";
import { eventually, within } from "./deadline.ts";
import { freePorts, type FrontProxy, isLive, PortTaken } from "./front_proxy.ts";
import { ROOT } from "./paths.ts";

const COMMITTED = join(ROOT, "deploy", "nginx.conf");

/** The real nginx with the committed configuration, as an ordinary process in a folder of its own. */
export class Nginx implements FrontProxy {
  readonly name = "nginx";
  readonly url: string;
  readonly caCert = CERTIFICATE.cert;
  readonly #folder: string;
  readonly #process: Deno.ChildProcess;
  readonly #output: Promise<Deno.CommandOutput>;
  #isOver = false;

  private constructor(program: string, folder: string, port: number) {
    this.url = `https://localhost:${port}`;
    this.#folder = folder;
    this.#process = new Deno.Command(program, {
      args: ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = this.#process.output().finally(() => this.#isOver = true);
  }

  /**
   * @param program the path of nginx
   * @param upstreams such as `http://127.0.0.1:8001`
   */
  static async start(program: string, upstreams: readonly string[]): Promise<Nginx> {
    const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
    const [port = 0] = freePorts(1);
    await Deno.writeTextFile(join(folder, "tls.crt"), CERTIFICATE.cert);
    await Deno.writeTextFile(join(folder, "tls.key"), CERTIFICATE.key);
    await Deno.writeTextFile(join(folder, "site.conf"), site(folder, { port, upstreams }));
    await Deno.writeTextFile(join(folder, "nginx.conf"), around(folder));
    const nginx = new Nginx(program, folder, port);
    try {
      await nginx.#answers();
    } catch (error) {
      await nginx[Symbol.asyncDispose]();
      if (error instanceof PortTaken) return await Nginx.start(program, upstreams);
      throw error;
    }
    return nginx;
  }

  async #answers(): Promise<void> {
    await eventually(async () => {
      if (this.#isOver) {
        const text = new TextDecoder().decode((await this.#output).stderr);
        throw text.includes("Address already in use") ? new PortTaken() : new Error(text);
      }
      return await isLive(this);
    }, "nginx to answer");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // At once, and its workers with it.
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await within(this.#output, "nginx's end");
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** The committed file, with what it asks to be filled in. */
function site(
  folder: string,
  { port, upstreams }: { port: number; upstreams: readonly string[] },
): string {
  const servers = upstreams.map((url) => `server ${new URL(url).host} fail_timeout=2s;`);
  const filledIn: [RegExp, string][] = [
    [/server bellwire1:8000 .*;\s+server bellwire2:8000 .*;/, servers.join("\n")],
    [/listen 443 ssl http2;/, `listen 127.0.0.1:${port} ssl http2;`],
    [/listen \[::\]:443 ssl http2;/, ""],
    [/\/etc\/nginx\/tls\/tls\.crt/, join(folder, "tls.crt")],
    [/\/etc\/nginx\/tls\/tls\.key/, join(folder, "tls.key")],
  ];
  let text = Deno.readTextFileSync(COMMITTED);
  for (const [asked, given] of filledIn) {
    assert.match(text, asked);
    text = text.replace(asked, () => given);
  }
  return text;
}

/** What the distribution's own file would be, without what needs to be root. */
function around(folder: string): string {
  const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
${Deno.uid() === 0 ? "user root;" : ""}
daemon off;
worker_processes 1;
pid ${join(folder, "nginx.pid")};
events {}
http {
  access_log off;
  ${bodies.map((name) => `${name}_temp_path ${join(folder, name)};`).join("\n  ")}
  include ${join(folder, "site.conf")};
}
`;
}

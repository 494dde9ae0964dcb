import { join } from "node:path";
import { eventually, within } from "./deadline.ts";
import { findCaddy } from "./find_programs.ts";
import { SmallProxy } from "./small_proxy.ts";
import { ROOT } from "./paths.ts";

const CADDYFILE = join(ROOT, "deploy", "Caddyfile");

/** A proxy with TLS in front of several Bellwires, which shares connections out among them. */
export interface FrontProxy extends AsyncDisposable {
  /** Which one it is, for messages. */
  readonly name: string;
  /** Such as `https://localhost:4711`. */
  readonly url: string;
  /** PEM text of the authority that vouches for it. */
  readonly caCert: string;
}

/**
 * Starts Caddy with the committed Caddyfile; where there is no Caddy, a small proxy that behaves as
 * that file says, as far as the tests look.
 *
 * @param upstreams such as `http://127.0.0.1:8001`
 */
export async function startFrontProxy(upstreams: readonly string[]): Promise<FrontProxy> {
  const hosts = upstreams.map((url) => new URL(url).host);
  const caddy = findCaddy();
  return caddy === undefined ? SmallProxy.start(hosts) : await Caddy.start(caddy, hosts);
}

/** Somebody else took a port between its choice and its use. */
export class PortTaken extends Error {}

class Caddy implements FrontProxy {
  readonly name = "caddy";
  readonly url: string;
  readonly #folder: string;
  readonly #process: Deno.ChildProcess;
  readonly #output: Promise<Deno.CommandOutput>;
  caCert = "";
  #isOver = false;

  private constructor(program: string, folder: string, hosts: readonly string[]) {
    const [port, admin, http] = freePorts(3);
    this.url = `https://localhost:${port}`;
    this.#folder = folder;
    this.#process = new Deno.Command(program, {
      args: ["run", "--config", CADDYFILE, "--adapter", "caddyfile"],
      env: {
        // Where it keeps the authority that it makes for itself.
        XDG_DATA_HOME: folder,
        XDG_CONFIG_HOME: folder,
        BELLWIRE_SITE: this.url,
        BELLWIRE_UPSTREAMS: hosts.join(" "),
        BELLWIRE_PROXY_ADMIN: `127.0.0.1:${admin}`,
        BELLWIRE_PROXY_HTTP_PORT: String(http),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = this.#process.output().finally(() => this.#isOver = true);
  }

  static async start(program: string, hosts: readonly string[]): Promise<Caddy> {
    const caddy = new Caddy(program, await Deno.makeTempDir({ prefix: "bellwire_" }), hosts);
    try {
      await caddy.#answers();
    } catch (error) {
      await caddy[Symbol.asyncDispose]();
      if (error instanceof PortTaken) return await Caddy.start(program, hosts);
      const { stderr } = await caddy.#output;
      throw new Error(new TextDecoder().decode(stderr), { cause: error });
    }
    return caddy;
  }

  /** Throws {@link PortTaken} where that is why it has ended. */
  async #lives(): Promise<void> {
    if (!this.#isOver) return;
    const text = new TextDecoder().decode((await this.#output).stderr);
    throw text.includes("address already in use") ? new PortTaken() : new Error("Caddy has ended");
  }

  async #answers(): Promise<void> {
    const root = join(this.#folder, "caddy", "pki", "authorities", "local", "root.crt");
    this.caCert = await eventually(async () => {
      await this.#lives();
      return await Deno.readTextFile(root).catch(() => undefined);
    }, "Caddy's certificate");
    await eventually(async () => {
      await this.#lives();
      return await isLive(this);
    }, "Caddy to answer");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await within(this.#output, "Caddy's end");
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Whether a proxy passes a call on to a service that is up. */
export async function isLive(
  { url, caCert }: Pick<FrontProxy, "url" | "caCert">,
): Promise<boolean> {
  using client = Deno.createHttpClient({ caCerts: [caCert], poolMaxIdlePerHost: 0 });
  try {
    const answer = await fetch(`${url}/live`, { client });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

/** Ports that nobody listens on at the moment. */
export function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

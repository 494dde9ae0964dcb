import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { loadConfig } from "../../src/config/config.ts";
import { VARIABLES } from "../../src/config/variables.ts";
import { ROOT } from "../drivers/paths.ts";

const read = (path: string) => Deno.readTextFileSync(join(ROOT, path));

interface ComposeService {
  readonly build?: string;
  readonly image?: string;
  readonly restart: string;
  readonly stop_grace_period: string;
  readonly command?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly expose?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

const compose = parse(read("compose.yaml"), { merge: true, strict: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const caddyfile = read("deploy/Caddyfile");
const dockerfile = read("Dockerfile");
const { bellwire1, bellwire2, denokv, proxy } = compose.services;
assert(bellwire1 && bellwire2 && denokv && proxy);

/** Fields of a service that the Compose specification knows, as far as the file may use them. */
const FIELDS = [
  ...["build", "cap_drop", "command", "depends_on", "environment", "expose", "healthcheck"],
  ...["image", "mem_limit", "ports", "restart", "security_opt", "stop_grace_period", "ulimits"],
  "volumes",
];

/** What Compose makes of `${NAME:-fallback}` and `${NAME:?message}`. */
function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name, kind, rest) => {
    const value = env[name] ?? "";
    if (value !== "") return value;
    if (kind === "?") throw new Error(`${name} ${rest}`);
    return rest ?? "";
  });
}

/** `.env` as a person would fill it in. */
function filledIn(): Record<string, string> {
  const names = read(".env.example").matchAll(/^(\w+)=(.*)$/gm);
  const env = Object.fromEntries([...names].map(([, name = "", value = ""]) => [name, value]));
  return {
    ...env,
    BELLWIRE_JWT_SECRET: "s".repeat(64),
    BELLWIRE_API_KEYS: "shop:0123456789abcdef",
    DENO_KV_ACCESS_TOKEN: "a-token",
  };
}

function environment({ environment }: ComposeService, env: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, interpolate(value, env)]),
  );
}

Deno.test("each service has only fields that Compose knows, starts again, and may stop in peace", () => {
  for (const [name, service] of Object.entries(compose.services)) {
    for (const field of Object.keys(service)) assert(FIELDS.includes(field), `${name}.${field}`);
    assert.equal(service.restart, "unless-stopped");
    assert.match(service.stop_grace_period, /^\d+s$/);
    assert((service.build ?? service.image) !== undefined);
    for (const other of service.depends_on ?? []) assert(other in compose.services, other);
    for (const volume of service.volumes ?? []) {
      const [source = "", target = ""] = volume.split(":");
      assert(target.startsWith("/"), volume);
      if (source.startsWith("./")) assert(Deno.statSync(join(ROOT, source)).isFile);
      else assert(source in compose.volumes, volume);
    }
  }
});

Deno.test("with .env filled in both Bellwires are configured, without it none of them starts", () => {
  const facts = { terminal: false, container: true, deploy: false, cores: 2 };
  for (const service of [bellwire1, bellwire2]) {
    for (const name of Object.keys(service.environment)) {
      assert((VARIABLES as readonly string[]).includes(name), name);
    }
    const config = loadConfig(environment(service, filledIn()), facts);
    assert.equal(config.auth.mode, "configured");
    const stopMs = config.shutdownDelayMs + config.drainMs;
    assert(stopMs + 5_000 <= Number.parseInt(service.stop_grace_period) * 1_000);
    const everyMs = Number(/^\s+health_interval (\d+)s$/m.exec(caddyfile)?.[1]) * 1_000;
    assert(3 * everyMs <= config.shutdownDelayMs, "the proxy would take note too late");
    for (const secret of ["BELLWIRE_JWT_SECRET", "BELLWIRE_API_KEYS", "DENO_KV_ACCESS_TOKEN"]) {
      const env = { ...filledIn(), [secret]: "" };
      assert.throws(() => environment(service, env), new RegExp(`${secret} .*\\.env\\.example`));
    }
  }
});

Deno.test("no secret has a value in what is committed, and every variable of .env is used", () => {
  const example = Object.fromEntries(
    [...read(".env.example").matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  for (const secret of ["BELLWIRE_JWT_SECRET", "BELLWIRE_API_KEYS", "DENO_KV_ACCESS_TOKEN"]) {
    assert.equal(example[secret], "");
  }
  const used = [...read("compose.yaml").matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
  assert.deepEqual(new Set(Object.keys(example)), new Set(used));
  assert.match(read(".gitignore"), /^\.env$/m);
});

Deno.test("the Bellwires find denokv and Caddy finds the Bellwires, by the names and ports they have", () => {
  const config = environment(bellwire1, filledIn());
  const kv = new URL(config["BELLWIRE_KV"] ?? "");
  assert(kv.hostname in compose.services);
  assert.equal(denokv.command?.at(-1), `0.0.0.0:${kv.port}`);
  assert.deepEqual(denokv.expose, [kv.port]);
  assert(denokv.command?.some((word) => word.startsWith("/data/")));
  assert(denokv.volumes?.includes("kv:/data"));

  const port = /^ +PORT=(\d+)/m.exec(dockerfile)?.[1];
  assert.match(dockerfile, new RegExp(`^EXPOSE ${port}$`, "m"));
  const upstreams = proxy.environment["BELLWIRE_UPSTREAMS"] ?? "";
  assert.equal(upstreams, `bellwire1:${port} bellwire2:${port}`);
  // What the Caddyfile falls back to is the same, for whoever runs Caddy by hand.
  assert(caddyfile.includes(`{$BELLWIRE_UPSTREAMS:${upstreams}}`));
  for (const name of Object.keys(proxy.environment)) assert(caddyfile.includes(`{$${name}:`));
});

Deno.test("only the proxy is reachable from outside, on the ports that it listens on", () => {
  for (const [name, { ports }] of Object.entries(compose.services)) {
    assert.deepEqual(ports, name === "proxy" ? ["80:80", "443:443"] : undefined);
  }
  assert(caddyfile.includes("{$BELLWIRE_PROXY_HTTP_PORT:80}"));
});

Deno.test("each health check asks what is there to be asked", () => {
  // Without one of its own, a Bellwire has that of its image.
  for (const { healthcheck } of [bellwire1, bellwire2]) assert.equal(healthcheck, undefined);
  const script = /HEALTHCHECK[^]*?CMD deno run .* (src\/\S+\.ts)/.exec(dockerfile)?.[1] ?? "";
  assert(Deno.statSync(join(ROOT, script)).isFile);
  const asked = new URL(proxy.healthcheck?.test.at(-1) ?? "");
  assert(caddyfile.includes(`{$BELLWIRE_PROXY_ADMIN:${asked.host}}`));
});

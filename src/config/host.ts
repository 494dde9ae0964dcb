import type { Variables } from "./variables.ts";

/** A link-local IPv6 address with its interface, which is not allowed in URLs. */
const WITH_ZONE = /^fe80:[0-9a-f:.]*%[\w.-]{1,64}$/i;
const NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/;

/** The address to listen on, in canonical form: `::1`, `127.0.0.1`, `localhost`. */
export function readHost(variables: Variables): string | undefined {
  const text = variables.text("HOST");
  if (text === undefined) return undefined;
  const host = canonicalHost(text);
  if (host === undefined) {
    variables.fail("HOST", "must be an address or a host name, without a scheme or a port");
  }
  return host;
}

/**
 * The canonical form of an address or a host name: `[::1]` and `0:0:0:0:0:0:0:1` become `::1`, and `127.1`
 * becomes `127.0.0.1`.
 *
 * @returns undefined if the text is neither
 */
export function canonicalHost(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (WITH_ZONE.test(bare)) return bare.toLowerCase();
  if (/[^\p{L}\p{M}\p{N}:._-]/u.test(bare)) return undefined;
  const host = URL.parse(`http://${bare.includes(":") ? `[${bare}]` : bare}/`)?.hostname;
  if (host === undefined) return undefined;
  if (host.startsWith("[")) return host.slice(1, -1);
  return NAME.test(host) ? host : undefined;
}

/** Whether only this machine can reach a canonical host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

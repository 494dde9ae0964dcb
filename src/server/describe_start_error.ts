import type { Config } from "../config/config.ts";
import { describeKv } from "../config/kv.ts";
import { hasCode, StartError } from "../errors.ts";

/** Tells the operator why the service did not start, and what to do. */
export function describeStartError(error: unknown, { host, port, kv }: Config): string {
  if (error instanceof StartError) return error.message;
  if (hasCode(error, "unavailable")) {
    const where = describeKv(kv);
    return `The KV at ${where} does not answer: ${error.message}. Is the server overloaded?`;
  }
  if (error instanceof Deno.errors.AddrInUse) {
    return `Port ${port} on ${host} is taken: stop what listens there, or choose another one ` +
      "(PORT=8001).";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `HOST=${host} is not an address of this machine.`;
  }
  if (error instanceof Error && /^failed to lookup address|^invalid host/.test(error.message)) {
    return `HOST=${host} is no name that this machine knows.`;
  }
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return `Not permitted: ${error.message}. The KV is ${describeKv(kv)}.`;
  }
  return `Could not start: ${error instanceof Error ? error.stack ?? error.message : error}`;
}

import { DevSecretsUnusable } from "../auth/dev_secrets.ts";
import type { Config } from "../config/config.ts";
import { describeKv } from "../config/kv.ts";
import { KvUnusable } from "../kv/engine.ts";
import { WrongSchema } from "../store/database.ts";
import { KvTimeout } from "../kv/failures.ts";
import { FileInUse } from "../kv/deno/file_lock.ts";
import { ChecksIgnored } from "../kv/open.ts";
import { KvFailed } from "../kv/failures.ts";
import { TlsUnusable } from "../config/tls.ts";
import { ClockUnusable } from "./service_clock.ts";
import { WorkerFailed } from "../workers/worker_handle.ts";

/** Errors whose message already tells the operator what to do. */
const SELF_EXPLANATORY = [
  ClockUnusable,
  DevSecretsUnusable,
  FileInUse,
  WrongSchema,
  KvUnusable,
  TlsUnusable,
  ChecksIgnored,
  WorkerFailed,
];

/** Tells the operator why the service did not start, and what to do. */
export function describeStartError(error: unknown, { host, port, kv }: Config): string {
  if (SELF_EXPLANATORY.some((kind) => error instanceof kind)) return (error as Error).message;
  if (error instanceof KvTimeout || error instanceof KvFailed) {
    return `The KV at ${
      describeKv(kv)
    } does not answer: ${error.message}. Is the server overloaded?`;
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

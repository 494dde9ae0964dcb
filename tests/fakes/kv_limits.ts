import type { KvOperation } from "../../src/kv/kv.ts";
import { keyBytes } from "./kv_key_order.ts";

/** What Deno 2.9 and `denokv` 0.14 permit. */
const CHECKS_OF_DENO = 100;
const MUTATIONS = 1_000;
const WRITTEN_KEY_BYTES = 2_048;
const READ_KEY_BYTES = 2_049;
const VALUE_BYTES = 65_536;
const TOTAL_BYTES = 819_200;
const TOTAL_KEY_BYTES = 81_920;

/**
 * Throws where Deno KV would refuse an operation, with what it says then. What is counted follows
 * `op_kv_atomic_write` in Deno's `ext/kv/lib.rs`; the smaller limit of checks is the server's.
 */
export function refuseOversize({ checks, mutations }: KvOperation, checksMax: number): void {
  limit("Too many checks", checks.length, CHECKS_OF_DENO);
  limit("Too many mutations", mutations.length, MUTATIONS);
  let total = 0;
  let keys = 0;
  for (const { key } of [...checks, ...mutations]) {
    const size = keyBytes(key).length;
    limit("Key too large for write", size, WRITTEN_KEY_BYTES, "bytes");
    total += size;
  }
  for (const mutation of mutations) {
    if (mutation.kind === "delete") continue;
    const size = keyBytes(mutation.key).length;
    limit("Value too large", mutation.value.length, VALUE_BYTES, "bytes");
    keys += size;
    total += size + mutation.value.length;
  }
  limit("Total mutation size too large", total, TOTAL_BYTES, "bytes");
  limit("Total key size too large", keys, TOTAL_KEY_BYTES, "bytes");
  if (checks.length > checksMax) {
    throw new Error(
      "KV Connect failed to call 'http://127.0.0.1:4512/v2/atomic_write' " +
        "(status=400 Bad Request): Too many checks included in atomic write.",
    );
  }
}

/** Throws where Deno KV would not even look for a key. */
export function refuseLongKey(bytes: string): void {
  limit("Key too large for read", bytes.length, READ_KEY_BYTES, "bytes");
}

function limit(what: string, actual: number, max: number, unit?: string): void {
  if (actual > max) throw new TypeError(`${what} (max ${max}${unit ? ` ${unit}` : ""})`);
}

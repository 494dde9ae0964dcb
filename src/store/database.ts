import { databaseCodec, type DatabaseRecord } from "./codec/records.ts";
import { keys } from "./keys.ts";
import type { Kv } from "../kv/kv.ts";
import { StartError } from "../errors.ts";

/** The database that an operator expects is not there. */
export function noDatabase(): StartError {
  return new StartError(
    "There is no database of Bellwire's: was the backup put where BELLWIRE_KV points to?",
  );
}

const SCHEMA = 1;

/** Reads the facts about the database; makes them where it is new. Throws {@link StartError}. */
export async function openDatabase(kv: Kv, newEpoch: () => string): Promise<DatabaseRecord> {
  const key = keys.database();
  for (;;) {
    const row = await kv.get(key);
    if (row.value !== null) return decodeDatabase(row.value);
    const value = databaseCodec.encode({ schema: SCHEMA, epoch: newEpoch() });
    await kv.commit({
      checks: [{ key, versionstamp: null }],
      mutations: [{ kind: "set", key, value }],
    });
  }
}

/**
 * Gives the database another epoch, so that no cursor that a device holds is taken for one of today.
 * Nobody else may be at work on it: instances read the epoch once, when they start.
 *
 * Throws {@link StartError}.
 */
export async function renewEpoch(kv: Kv, newEpoch: () => string): Promise<DatabaseRecord> {
  const key = keys.database();
  for (;;) {
    const { value, versionstamp } = await kv.get(key);
    if (value === null) throw noDatabase();
    const record = { ...decodeDatabase(value), epoch: newEpoch() };
    const { ok } = await kv.commit({
      checks: [{ key, versionstamp }],
      mutations: [{ kind: "set", key, value: databaseCodec.encode(record) }],
    });
    if (ok) return record;
  }
}

function decodeDatabase(value: Uint8Array): DatabaseRecord {
  const record = databaseCodec.decode(value);
  if (record.schema !== SCHEMA) {
    throw new StartError(
      `The database has schema ${String(record.schema)}; this Bellwire reads schema ${SCHEMA}. ` +
        "Start the version that wrote it, or a newer one.",
    );
  }
  return record;
}

/**
 * Makes the name of an incarnation, of a stream or of the whole database: nine random bytes, enough
 * that no two ever meet, as base64url.
 */
export function newEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return bytes.toBase64({ alphabet: "base64url" });
}

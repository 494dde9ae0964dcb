import { basename, dirname, join } from "node:path";
import { CONFIG_EXIT_CODE, StartError } from "../errors.ts";

/** The secrets of dev mode. */
export interface DevSecrets {
  /** Signs and verifies user tokens. */
  readonly jwtSecret: string;
  /** The secret of the API key `dev`. */
  readonly publisherKey: string;
}

/**
 * Where the dev secrets of a KV file lie: beside it.
 *
 * @example
 * ```ts
 * devSecretsPath("./data/bellwire.db"); // "data/bellwire.dev.json"
 * ```
 */
export function devSecretsPath(kvPath: string): string {
  return join(dirname(kvPath), `${basename(kvPath).replace(/\.db$/, "")}.dev.json`);
}

/**
 * Reads the dev secrets, or makes them in a file that only its owner may read. They survive a
 * restart, so that tokens handed out stay good.
 *
 * @throws {StartError} when the file can't be read or written, or is not what was written
 */
export async function loadDevSecrets(path: string): Promise<DevSecrets> {
  return await read(path) ?? await create(path);
}

async function read(path: string): Promise<DevSecrets | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw unusable(path, "can't be read", { cause });
  }
  const secrets = parse(text);
  if (secrets === undefined) {
    // The parser's error would quote the file, which holds secrets.
    throw unusable(path, "is damaged: delete it, and new secrets are made");
  }
  await keepPrivate(path);
  return secrets;
}

function parse(text: string): DevSecrets | undefined {
  try {
    const { jwtSecret, publisherKey } = JSON.parse(text);
    const valid = typeof jwtSecret === "string" && jwtSecret.length >= 32 &&
      typeof publisherKey === "string" && publisherKey.length >= 16;
    return valid ? { jwtSecret, publisherKey } : undefined;
  } catch {
    return undefined;
  }
}

async function create(path: string): Promise<DevSecrets> {
  const secrets = { jwtSecret: random(32), publisherKey: `dev_${random(24)}` };
  // Written aside and then linked: whoever starts at the same time sees a whole file or none, and
  // the first one's file stays.
  const draft = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(draft, JSON.stringify(secrets, undefined, 2) + "\n", {
      createNew: true,
      mode: 0o600,
    });
    try {
      await Deno.link(draft, path);
    } finally {
      await Deno.remove(draft);
    }
    return secrets;
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      const theirs = await read(path);
      if (theirs !== undefined) return theirs;
    }
    throw unusable(path, "can't be written", { cause });
  }
}

async function keepPrivate(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const { mode } = await Deno.stat(path);
  if (mode === null || (mode & 0o077) === 0) return;
  try {
    await Deno.chmod(path, 0o600);
  } catch (cause) {
    throw unusable(path, "is open to others: chmod 600 it", { cause });
  }
}

function unusable(path: string, fault: string, options?: ErrorOptions): StartError {
  return new StartError(`${path} ${fault}`, { ...options, exitCode: CONFIG_EXIT_CODE });
}

function random(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}

import { invalidToken, type ServiceError } from "../errors.ts";
import { createHash } from "node:crypto";

/** What a secret may sign with. */
export const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"] as const;

export type SecretAlgorithm = typeof SECRET_ALGORITHMS[number];

/** Each with its hash, and with the bytes that a secret has to have for it (RFC 7518, 3.2). */
const HASHES = {
  HS256: { hash: "SHA-256", bytes: 32 },
  HS384: { hash: "SHA-384", bytes: 48 },
  HS512: { hash: "SHA-512", bytes: 64 },
} as const satisfies Record<SecretAlgorithm, unknown>;

const utf8 = new TextEncoder();

/** Whether a token's `alg` is one of them. */
export function isSecretAlgorithm(algorithm: string): algorithm is SecretAlgorithm {
  return SECRET_ALGORITHMS.some((known) => known === algorithm);
}

/** Imports a secret once; jose verifies twice as fast with a `CryptoKey` as with raw bytes. */
export function importSecret(
  secret: string,
  usage: "sign" | "verify",
  algorithm: SecretAlgorithm = "HS256",
): Promise<CryptoKey> {
  const { hash } = HASHES[algorithm];
  return crypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash }, false, [
    usage,
  ]);
}

/** The keys that a secret is long enough for. */
export async function importSecrets(
  secret: string,
): Promise<ReadonlyMap<SecretAlgorithm, CryptoKey>> {
  const { byteLength } = utf8.encode(secret);
  const fitting = SECRET_ALGORITHMS.filter((algorithm) => byteLength >= HASHES[algorithm].bytes);
  return new Map(
    await Promise.all(fitting.map(async (algorithm) => (
      [algorithm, await importSecret(secret, "verify", algorithm)] as const
    ))),
  );
}

/** The refusal of an algorithm that no secret is long enough for. */
export function noSecret(algorithm: SecretAlgorithm): ServiceError {
  return invalidToken(
    `The token is signed with ${algorithm}, which needs a BELLWIRE_JWT_SECRET of at least ` +
      `${HASHES[algorithm].bytes} bytes`,
  );
}

/**
 * What tells one token secret from the others, and nothing else of it. It is the same in every
 * instance, so that it may be stored with a ticket.
 */
export function secretId(secret: string): string {
  const hash = createHash("sha256").update(`bellwire secret ${secret}`).digest();
  return hash.subarray(0, 16).toString("base64url");
}

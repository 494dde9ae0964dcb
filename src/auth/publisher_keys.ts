import { createHash, timingSafeEqual } from "node:crypto";

/** A key that may publish. */
export interface ApiKey {
  /** The publisher's name; several keys may share it while one replaces the other. */
  readonly name: string;
  readonly secret: string;
}

/** Knows who may publish. */
export interface PublisherKeys {
  /** The name of the publisher whose secret this is. */
  identify(secret: string): string | undefined;
}

/**
 * Makes the lookup of publisher keys. It takes the same time for every wrong secret: digests of one
 * length are compared in constant time, and always with all keys.
 *
 * @example
 * ```ts
 * const keys = createPublisherKeys([{ name: "ci", secret: "s3cret" }]);
 * keys.identify("s3cret"); // "ci"
 * ```
 */
export function createPublisherKeys(keys: readonly ApiKey[]): PublisherKeys {
  const known = keys.map(({ name, secret }) => ({ name, digest: digest(secret) }));
  return {
    identify(secret) {
      const presented = digest(secret);
      let found: string | undefined;
      for (const key of known) {
        if (timingSafeEqual(key.digest, presented)) found = key.name;
      }
      return found;
    },
  };
}

function digest(secret: string): Uint8Array {
  return createHash("sha256").update(secret).digest();
}

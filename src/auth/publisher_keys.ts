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

/** Longer than any secret that the configuration takes, in 32-bit words. */
const WORDS = 136;

const encoder = new TextEncoder();

/**
 * Makes the lookup of publisher keys. It takes the same time for every wrong secret: all are padded to
 * one length, compared in constant time, and always with all keys.
 *
 * @example
 * ```ts
 * const keys = createPublisherKeys([{ name: "ci", secret: "s3cret" }]);
 * keys.identify("s3cret"); // "ci"
 * ```
 */
export function createPublisherKeys(keys: readonly ApiKey[]): PublisherKeys {
  const known = keys.map(({ name, secret }) => ({
    name,
    words: pad(secret, new Uint32Array(WORDS)),
  }));
  const presented = new Uint32Array(WORDS);
  return {
    identify(secret) {
      if (secret === "" || secret.includes("\0")) return undefined;
      pad(secret, presented);
      let found: string | undefined;
      for (const key of known) {
        if (isSame(key.words, presented)) found = key.name;
      }
      return found;
    },
  };
}

/** The secret, and zeros to the end: no secret holds any. One that is cut off is no key's. */
function pad(secret: string, into: Uint32Array): Uint32Array {
  const bytes = new Uint8Array(into.buffer);
  const { written } = encoder.encodeInto(secret, bytes);
  bytes.fill(0, written);
  return into;
}

/** Looks at every word, whatever the others were, so that the time tells nothing of the content. */
function isSame(a: Uint32Array, b: Uint32Array): boolean {
  let difference = 0;
  for (let i = 0; i < WORDS; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

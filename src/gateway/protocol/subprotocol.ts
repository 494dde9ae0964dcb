/** How messages are written on a socket: JSON in text frames, or CBOR in binary ones. */
export type Encoding = "json" | "cbor";

/** The versions of the protocol that are spoken. */
const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ["bellwire.v1", "json"],
  ["bellwire.v1.cbor", "cbor"],
]);

const TOKEN_PREFIX = "bearer.";

/** What a client offers in `Sec-WebSocket-Protocol`. */
export interface Offer {
  /** What to answer the upgrade with; never a token. */
  readonly protocol: string | undefined;
  /** Whether it is a version that is spoken here. */
  readonly supported: boolean;
  readonly encoding: Encoding;
  /** The JWT of `bearer.<jwt>`, if there is one. */
  readonly token: string | undefined;
}

/**
 * Takes the first of the offered subprotocols that is known. Where only unknown versions are offered
 * one of those is taken, just so that a browser gets to see the close code that says it is unknown.
 */
export function chooseSubprotocol(header: string | null): Offer {
  const offered = (header ?? "").split(",").map((part) => part.trim()).filter((part) =>
    part !== ""
  );
  const bearer = offered.find((part) => part.startsWith(TOKEN_PREFIX));
  const versions = offered.filter((part) => !part.startsWith(TOKEN_PREFIX));
  const known = versions.find((version) => ENCODINGS.has(version));
  return {
    protocol: known ?? versions[0],
    supported: known !== undefined || versions.length === 0,
    encoding: ENCODINGS.get(known ?? "") ?? "json",
    token: bearer?.slice(TOKEN_PREFIX.length),
  };
}
